import { STAGES, type LaneId, type LaneStatus, type StageName } from '../../protocol';

/** The fields of a project that a card in a list shows. */
export interface ProjectDigest {
  /** All stages, in the order of work. */
  readonly stages: readonly { readonly stage: StageName; readonly status: LaneStatus }[];
  /** The cost of all runs, if the provider has prices. */
  readonly cost?: number;
  /** The most that all runs together may cost. */
  readonly budget?: number;
  /** The image of the first scene that has one. */
  readonly poster?: { readonly sha256: string; readonly media_type: string };
  /** The stage that waits for approval. */
  readonly gate?: StageName;
  /** Lanes that wait for a person. */
  readonly parked: readonly LaneId[];
}

/** The digest as one column of a query whose project is `p`. */
export const DIGEST = `json_build_object(
  'stages', (SELECT coalesce(json_object_agg(s.stage, s.status), '{}') FROM project_stages AS s WHERE s.project_id = p.id),
  'cost', (SELECT sum(u.cost::numeric)::float8 FROM model_usage AS u WHERE u.project_id = p.id AND u.outcome <> 'in_flight'),
  'poster', (SELECT json_build_object('sha256', i.sha256, 'media_type', i.media_type)
             FROM generated_images AS i JOIN storyboards AS b ON b.id = i.scene_id
             WHERE i.project_id = p.id ORDER BY b.sequence_number LIMIT 1),
  'parked', (SELECT coalesce(json_agg(l.lane ORDER BY l.stage, l.sequence_number), '[]')
             FROM lanes AS l WHERE l.project_id = p.id AND l.status = 'needs_attention'))`;

export interface DigestRow {
  readonly stages: Readonly<Partial<Record<StageName, LaneStatus>>>;
  readonly cost: number | null;
  readonly poster: ProjectDigest['poster'] | null;
  readonly parked: readonly LaneId[];
}

export function digestOf({ stages, cost, poster, parked }: DigestRow, budget: number | null): ProjectDigest {
  const states = STAGES.map(({ name }) => ({ stage: name, status: stages[name] ?? 'pending' }));
  const gate = states.find(({ status }) => status === 'awaiting_approval')?.stage;
  return {
    stages: states,
    ...(cost !== null && { cost }),
    ...(budget !== null && { budget }),
    ...(poster && { poster }),
    ...(gate && { gate }),
    parked,
  };
}
