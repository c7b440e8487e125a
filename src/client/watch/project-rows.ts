import type { DataSource } from 'typeorm';
import { storedError, type Lane, type Project, type ProjectStage } from '../../entities';
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

export interface CommittedText {
  readonly text: string;
  readonly sha256: string;
}

type ProjectFields = Pick<Project, 'name' | 'topic' | 'status' | 'version' | 'runId' | 'error' | 'budget' | 'settings'>;
type StageFields = Pick<ProjectStage, 'stage' | 'status' | 'attempt' | 'error'>;
type LaneFields = Pick<Lane, 'lane' | 'status' | 'attempt' | 'fence' | 'settledFence' | 'error' | 'waitsFor'>;

export interface ProjectStatusRows {
  readonly project: ProjectFields;
  readonly stages: readonly StageFields[];
  readonly lanes: readonly LaneFields[];
  readonly film?: FilmReference;
}

/** The status with all texts of the project, which are a hundred times as much. */
export interface ProjectRows extends ProjectStatusRows {
  readonly texts: ReadonlyMap<LaneId, CommittedText>;
  readonly scenes: readonly SceneSnapshot[];
}

interface StatusRow extends ProjectFields {
  readonly stages: readonly StageFields[];
  /** Without names, which would be most of the answer. */
  readonly lanes: readonly (readonly [
    LaneId,
    Lane['status'],
    number,
    number,
    number | null,
    Lane['error'],
    Lane['waitsFor'],
  ])[];
  readonly film: FilmRow | null;
}

interface ContentRow extends StatusRow {
  readonly texts: readonly (readonly [StageName, string, string])[];
  readonly scenes: readonly SceneRow[];
  /** Results of stages that have no table of their own: the stage, the scene's number, the text and its hash. */
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
const STATUS_COLUMNS = `
  p.name, p.topic, p.status, p.version, p.run_id AS "runId", p.error, p.budget, p.settings,
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

/** Reads the status of a project in one consistent moment; undefined if there is no such project. */
export async function loadStatusRows(
  dataSource: DataSource,
  projectId: ProjectId,
): Promise<ProjectStatusRows | undefined> {
  const [row] = await dataSource.query<StatusRow[]>(`SELECT ${STATUS_COLUMNS} FROM projects AS p WHERE p.id = $1`, [
    projectId,
  ]);
  return row && statusRows(row);
}

/** The same, and all that was written for the project. */
export async function loadProjectRows(dataSource: DataSource, projectId: ProjectId): Promise<ProjectRows | undefined> {
  const [row] = await dataSource.query<ContentRow[]>(
    `SELECT ${STATUS_COLUMNS}, ${TEXTS} FROM projects AS p WHERE p.id = $1`,
    [projectId],
  );
  if (!row) return undefined;
  const texts = new Map<LaneId, CommittedText>(
    row.texts.map(([stage, text, sha256]) => [laneId(stage), { text, sha256 }]),
  );
  for (const [number, , , , , text, sha256] of row.scenes) {
    if (text !== null && sha256 !== null) texts.set(laneOfRole('camera', number), { text, sha256 });
  }
  for (const [stage, number, text, sha256] of row.results) texts.set(laneId(stage, number), { text, sha256 });
  const scenes = row.scenes.map(([number, narration, prompt, shot, duration, , , assets]) => ({
    scene_number: number,
    narration,
    visual_prompt: prompt,
    shot_type: shot,
    duration,
    ...sceneAssets(assets),
  }));
  return { ...statusRows(row), texts, scenes };
}

function statusRows({ stages, lanes, film, ...project }: StatusRow): ProjectStatusRows {
  const { name, topic, status, version, runId, error, budget, settings } = project;
  return {
    project: { name, topic, status, version, runId, error: storedError(error), budget, settings },
    stages: stages.map((each) => ({ ...each, error: storedError(each.error) })),
    lanes: lanes.map(([lane, of, attempt, fence, settledFence, why, waitsFor]) => ({
      lane,
      status: of,
      attempt,
      fence,
      settledFence,
      error: storedError(why),
      waitsFor: storedError(waitsFor),
    })),
    ...(film && { film: filmReference(film) }),
  };
}

function filmReference({ path, sha256, bytes, duration, scenes, stills, missing }: FilmRow): FilmReference {
  return {
    asset: path,
    sha256,
    bytes,
    duration,
    scenes,
    ...(stills.length > 0 && { stills }),
    ...(missing.length > 0 && { missing_scenes: missing }),
  };
}
