import type { DataSource } from 'typeorm';
import { CameraMovement, Lane, ProjectStage, Scene, TextEdit } from '../../entities';
import { fieldsOf, settingsOf } from '../../planning';
import { stageOfRole, type LaneId, type ProjectId, type SceneFields } from '../../protocol';
import { knownProject } from '../projects/known-project';
import { partialText } from './edit-texts';
import type { EditSource } from './editing';

/** What a person may edit of a scene. */
export interface EditableScene extends SceneFields {
  readonly camera?: { readonly movement: CameraMovement['movement']; readonly speed: CameraMovement['speed'] };
}

/** All of a project that a person may edit. Given back with changes in it, it is the edit. */
export interface EditableProject {
  readonly version: number;
  readonly topic: string;
  /** Null: the language of the topic, and the frame of the workers' `FRAME_SIZE`. */
  readonly settings: { readonly language: string | null; readonly frame: string | null };
  readonly rewrite?: string;
  readonly scenes: readonly EditableScene[];
  readonly order: readonly number[];
  /** The unfinished text of an attempt: the model continues what is put here. */
  readonly text?: { readonly lane: LaneId; readonly content: string };
}

/** Reads all of it in one consistent moment. Throws `Project.NotFound`. */
export async function loadEditable(source: EditSource, projectId: ProjectId): Promise<EditableProject> {
  const log = await source.log.snapshot(projectId).catch(() => undefined);
  return source.dataSource.transaction('REPEATABLE READ', async (manager) => {
    const project = await knownProject({ manager }, projectId);
    const rewrite = await manager.findOneBy(ProjectStage, { projectId, stage: stageOfRole('story').name });
    const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
    const cameras = await manager.findBy(CameraMovement, { projectId });
    const lanes = await manager.find(Lane, { where: { projectId }, order: { startedAt: 'ASC' } });
    const begun = lanes.find(
      ({ inProgressInputHash, status }) => inProgressInputHash !== null && status !== 'processing',
    );
    const content = begun && (await partialText({ manager, log }, begun));
    const { language, frame } = settingsOf(project);
    const moves = new Map(cameras.map(({ sceneId, movement, speed }) => [sceneId, { movement, speed }]));
    return {
      version: project.version,
      topic: project.topic,
      settings: { language: language ?? null, frame: frame ?? null },
      ...(rewrite?.text != null && { rewrite: rewrite.text }),
      scenes: scenes.map((scene) => {
        const camera = moves.get(scene.id);
        return { ...fieldsOf(scene), ...(camera && { camera }) };
      }),
      order: scenes.map(({ sequenceNumber }) => sequenceNumber),
      ...(content !== undefined && begun && { text: { lane: begun.lane, content } }),
    };
  });
}

/** A text that a person has replaced. */
export interface TextEditView {
  readonly lane: LaneId;
  /** The version of the project after the edit. */
  readonly version: number;
  readonly by?: string;
  readonly at: Date;
  readonly fence: { readonly before: number; readonly after: number };
  /** Bytes of UTF-8 at the beginning that both texts have. */
  readonly commonPrefixBytes: number;
  readonly sha256: { readonly before: string; readonly after: string };
  /** The text that went. */
  readonly previousText: string;
}

/** Every text that people have replaced, oldest first. */
export async function loadTextEdits(dataSource: DataSource, projectId: ProjectId): Promise<TextEditView[]> {
  const rows = await dataSource.getRepository(TextEdit).find({
    where: { projectId },
    order: { version: 'ASC', createdAt: 'ASC' },
  });
  return rows.map((row) => ({
    lane: row.lane,
    version: row.version,
    ...(row.by !== null && { by: row.by }),
    at: row.createdAt,
    fence: { before: row.fenceBefore, after: row.fenceAfter },
    commonPrefixBytes: row.commonPrefixBytes,
    sha256: { before: row.sha256Before, after: row.sha256After },
    previousText: row.previousText,
  }));
}
