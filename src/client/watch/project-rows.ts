import type { DataSource } from 'typeorm';
import type { Lane, Project, ProjectStage } from '../../entities';
import {
  laneId,
  laneOfRole,
  type FilmReference,
  type LaneId,
  type ProjectId,
  type SceneSnapshot,
  type StageName,
} from '../../protocol';
import { sceneAssets, SCENE_ASSETS, SCENE_JOINS, type SceneAssetsRow } from './scene-assets';

/** Text that is settled, by lane. */
export interface SettledText {
  readonly text: string;
  readonly sha256: string;
}

type ProjectTold = Pick<Project, 'name' | 'topic' | 'status' | 'version' | 'runId' | 'error' | 'budget'>;
type StageTold = Pick<ProjectStage, 'stage' | 'status' | 'attempt' | 'error'>;
type LaneTold = Pick<Lane, 'lane' | 'status' | 'attempt' | 'fence' | 'settledFence' | 'error' | 'waitsFor'>;

/** Where a project stands, as Postgres has it. */
export interface ProjectStanding {
  readonly project: ProjectTold;
  readonly stages: readonly StageTold[];
  readonly lanes: readonly LaneTold[];
  readonly film?: FilmReference;
}

/** With all that was written for it, which is a hundred times as much. */
export interface ProjectTruth extends ProjectStanding {
  readonly texts: ReadonlyMap<LaneId, SettledText>;
  readonly scenes: readonly SceneSnapshot[];
}

interface StandingRow extends ProjectTold {
  readonly stages: readonly StageTold[];
  /** Without names, which would be most of the answer. */
  readonly lanes: readonly (readonly [
    string,
    Lane['status'],
    number,
    number,
    number | null,
    Lane['error'],
    Lane['waitsFor'],
  ])[];
  readonly film: FilmRow | null;
}

interface TruthRow extends StandingRow {
  readonly texts: readonly (readonly [StageName, string, string])[];
  readonly scenes: readonly SceneRow[];
  /** Of stages that have no table of their own: the stage, the scene's number, the text and its hash. */
  readonly results: readonly (readonly [StageName, number, string, string])[];
}

type SceneRow = readonly [number, string, string, string, number, string | null, string | null, SceneAssetsRow];

interface FilmRow {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly duration: number;
  readonly scenes: number;
  readonly stills: number[];
  readonly missing: number[];
}

const all = (value: string, from: string, order = '') =>
  `(SELECT coalesce(json_agg(${value} ${order}), '[]') FROM ${from})`;

/** One statement sees one moment, and needs one answer and no transaction. */
const STANDING = `
  p.name, p.topic, p.status, p.version, p.run_id AS "runId", p.error, p.budget,
  ${all(
    `json_build_object('stage', stage, 'status', status, 'attempt', attempt, 'error', error)`,
    'project_stages WHERE project_id = p.id',
  )} AS stages,
  ${all(
    'json_build_array(lane, status, attempt, fence, settled_fence, error, waits_for)',
    'lanes WHERE project_id = p.id',
  )} AS lanes,
  (SELECT json_build_object('path', path, 'sha256', sha256, 'bytes', bytes, 'duration', duration_seconds,
            'scenes', scene_count, 'stills', stills, 'missing', missing_scenes)
   FROM films WHERE project_id = p.id) AS film`;

const TEXTS = `
  ${all(
    'json_build_array(stage, text, sha256)',
    'project_stages WHERE project_id = p.id AND text IS NOT NULL AND sha256 IS NOT NULL',
  )} AS texts,
  ${all(
    'json_build_array(r.stage, s.sequence_number, r.text, r.sha256)',
    'stage_results AS r JOIN storyboards AS s ON s.id = r.scene_id WHERE r.project_id = p.id AND r.text IS NOT NULL',
  )} AS results,
  ${all(
    `json_build_array(s.sequence_number, s.narration, s.visual_prompt, s.shot_type, s.duration_seconds, c.text, c.sha256,
       ${SCENE_ASSETS})`,
    `storyboards AS s LEFT JOIN camera_movements AS c ON c.scene_id = s.id ${SCENE_JOINS} WHERE s.project_id = p.id`,
    'ORDER BY s.sequence_number',
  )} AS scenes`;

/** Reads where a project stands, in one consistent moment; undefined where there is none. */
export async function loadStanding(dataSource: DataSource, projectId: ProjectId): Promise<ProjectStanding | undefined> {
  const [row] = await dataSource.query<StandingRow[]>(`SELECT ${STANDING} FROM projects AS p WHERE p.id = $1`, [
    projectId,
  ]);
  return row && standing(row);
}

/** The same, and all that was written for the project. */
export async function loadTruth(dataSource: DataSource, projectId: ProjectId): Promise<ProjectTruth | undefined> {
  const [row] = await dataSource.query<TruthRow[]>(`SELECT ${STANDING}, ${TEXTS} FROM projects AS p WHERE p.id = $1`, [
    projectId,
  ]);
  if (!row) return undefined;
  const texts = new Map<LaneId, SettledText>(
    row.texts.map(([stage, text, sha256]) => [laneId(stage), { text, sha256 }]),
  );
  for (const [number, , , , , text, sha256] of row.scenes) {
    if (text !== null && sha256 !== null) texts.set(laneOfRole('camera', number), { text, sha256 });
  }
  for (const [stage, number, text, sha256] of row.results) texts.set(laneId(stage, number), { text, sha256 });
  const scenes = row.scenes.map(([number, narration, prompt, shot, duration, , , assets]) => ({
    ...{ scene_number: number, narration, visual_prompt: prompt, shot_type: shot, duration },
    ...sceneAssets(assets),
  }));
  return { ...standing(row), texts, scenes };
}

function standing({ stages, lanes, film, ...project }: StandingRow): ProjectStanding {
  const { name, topic, status, version, runId, error, budget } = project;
  return {
    project: { name, topic, status, version, runId, error, budget },
    stages,
    lanes: lanes.map(([lane, of, attempt, fence, settledFence, why, waitsFor]) => ({
      ...{ lane, status: of, attempt, fence, settledFence, error: why, waitsFor },
    })),
    ...(film && { film: filmReference(film) }),
  };
}

function filmReference({ path, sha256, bytes, duration, scenes, stills, missing }: FilmRow): FilmReference {
  return {
    ...{ asset: path, sha256, bytes, duration, scenes },
    ...(stills.length > 0 && { stills }),
    ...(missing.length > 0 && { missing_scenes: missing }),
  };
}
