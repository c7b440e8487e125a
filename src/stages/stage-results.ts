import { IsNull } from 'typeorm';
import { GeneratedVideo, ProjectStage, StageResult } from '../entities';
import { laneId, type StageName } from '../protocol';
import { mediaKey } from '../storage';
import type { SettledImage, SettledText, Settlement, StageContext, StageDefinition, StoredResult } from './definition';

/** The whole result of the stage's lane in this context, from its own table or from those that all stages share. */
export function storedBy(definition: StageDefinition, context: StageContext): Promise<StoredResult | undefined> {
  if (definition.stored) return definition.stored(context);
  if (definition.kind === 'video') return storedClip(definition.name, context);
  if (definition.kind === 'text' && !context.scene) return storedProjectText(definition.name, context);
  return storedInTable(definition.name, context);
}

/**
 * What another stage has made: of this scene, or of the project if it runs once. Undefined if nothing is there or a person
 * has skipped it.
 */
export async function resultOf(context: StageContext, stage: StageName): Promise<StoredResult | undefined> {
  const line = context.stages.plan.find(({ name }) => name === stage);
  if (!line || (line.scope === 'scene' && !context.scene)) return undefined;
  const { scene, ...ofProject } = context;
  const isOfScene = line.scope === 'scene';
  if (context.skipped.has(laneId(stage, isOfScene ? scene?.sequenceNumber : undefined))) return undefined;
  return storedBy(context.stages.definition(stage), isOfScene ? context : ofProject);
}

/** The text of a project's lane is stored with its stage. */
export async function saveText(
  context: StageContext,
  stage: StageName,
  { text, sha256, bytes }: SettledText,
  settlement: Settlement,
): Promise<void> {
  if (context.scene) await save(context, stage, { text, sha256, bytes }, settlement);
}

export function saveImage(
  context: StageContext,
  stage: StageName,
  { sha256, bytes, mediaType, width, height }: SettledImage,
  settlement: Settlement,
): Promise<void> {
  return save(context, stage, { sha256, bytes, mediaType, width, height }, settlement);
}

async function save(
  { manager, project, scene }: StageContext,
  stage: StageName,
  result: Partial<StageResult> & Pick<StageResult, 'sha256' | 'bytes'>,
  settlement: Settlement,
): Promise<void> {
  const row = { text: null, mediaType: null, width: null, height: null, ...result, ...settlement };
  const at = { projectId: project.id, stage, sceneId: scene?.id ?? null };
  await manager.upsert(
    StageResult,
    { ...row, ...at },
    scene
      ? { conflictPaths: ['sceneId', 'stage'] }
      : { conflictPaths: ['projectId', 'stage'], indexPredicate: 'scene_id IS NULL' },
  );
}

async function storedProjectText(
  stage: StageName,
  { manager, project }: StageContext,
): Promise<StoredResult | undefined> {
  const row = await manager.findOneBy(ProjectStage, { projectId: project.id, stage });
  if (row?.text == null || row.sha256 === null) return undefined;
  return { text: row.text, sha256: row.sha256, bytes: row.textBytes ?? 0 };
}

async function storedInTable(stage: StageName, context: StageContext): Promise<StoredResult | undefined> {
  const row = await context.manager.findOneBy(StageResult, placeOf(stage, context));
  if (!row) return undefined;
  const { sha256, bytes, text, mediaType, width, height } = row;
  if (mediaType === null) return { sha256, bytes, ...(text !== null && { text }) };
  return {
    sha256,
    bytes,
    metadata: { asset: mediaKey(sha256, mediaType), sha256, media_type: mediaType, width, height },
  };
}

async function storedClip(stage: StageName, context: StageContext): Promise<StoredResult | undefined> {
  const row = await context.manager.findOneBy(GeneratedVideo, placeOf(stage, context));
  if (row?.status !== 'completed' || row.sha256 === null) return undefined;
  const { sha256, bytes, mediaType, durationSeconds: duration } = row;
  const metadata = { asset: mediaKey(sha256, mediaType ?? ''), sha256, media_type: mediaType, duration };
  return { sha256, bytes: bytes ?? 0, metadata };
}

/** Where the row of a stage's lane is. */
function placeOf(stage: StageName, { project, scene }: StageContext) {
  return { projectId: project.id, stage, sceneId: scene ? scene.id : IsNull() };
}
