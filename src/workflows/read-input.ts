import { ApplicationFailure, patched, workflowInfo } from '@temporalio/workflow';
import {
  boundedLine,
  fairnessKeyOf,
  firstBytes,
  givenText,
  MAX_SCENES,
  MAX_IN_BATCH,
  MAX_INTEGER,
  MAX_STAGES,
  parseBatchId,
  parseProjectId,
  PRIORITIES,
  storable,
  TEXT_BYTES,
  workflowIdOf,
  type BatchInput,
  type BatchItem,
  type FailureType,
  type ReconcileInput,
  type StoryInput,
} from '../protocol';

/** All fields that a message to a story can have. */
export interface MessageFields {
  readonly now: boolean;
  readonly lane?: string;
  readonly gate?: string;
  /** Storable and not empty. */
  readonly reason?: string;
  readonly version?: number;
}

/** What is wrong in a message that was taken before this was checked, and by which change of the workflow it is refused. */
interface Fault {
  readonly refusal: string;
  readonly since: 'bounded-messages' | 'flags-are-checked' | 'versions-are-checked';
}

/** A text that is too long is cut in the fields, and a flag that is none is not set. */
type ReadMessage = { readonly fields: MessageFields; readonly fault?: Fault } | { readonly refusal: string };

/** The fields of the given value; undefined if the value is no JSON object. */
export function fieldsOf(given: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || ArrayBuffer.isView(given))
    return undefined;
  return given as Record<string, unknown>;
}

/**
 * The input of a story, whoever has started it. An invalid input ends the run at once, before it has changed anything.
 * So does a workflow id that is not the project's own: that id prevents two runs of a project at the same time.
 */
export function readStoryInput(given: unknown): StoryInput {
  const fields = fieldsOf(given);
  if (!fields) throw refused('Project.Invalid', 'The input must be {"projectId":"<id>"}.');
  const projectId = parseProjectId(fields['projectId']);
  if (!projectId)
    throw refused('Project.NotFound', `There is no project ${shown(fields['projectId'])}: its id is a UUID.`);
  const { workflowId, continuedFromExecutionRunId } = workflowInfo();
  // A replay may be given another id.
  if (workflowId !== workflowIdOf(projectId) && patched('own-workflow-id')) {
    throw refused('Project.Invalid', `A run of this project must have the workflow id ${workflowIdOf(projectId)}.`);
  }
  // Only the workflow itself hands this on.
  const carried = continuedFromExecutionRunId === undefined ? undefined : (fields['carried'] as StoryInput['carried']);
  return { projectId, ...readScope(fields), ...(carried && { carried }) };
}

type Scope = Omit<StoryInput, 'projectId' | 'carried'>;

/** What a run produces, and how. Opening the run checks whether these stages and scenes exist. */
function readScope(fields: Readonly<Record<string, unknown>>): Scope {
  const { force, keepSettings, stages, scenes, gates, onFailure } = fields;
  const fault = (field: string) => refused('Project.Invalid', `"${field}" of the input is not what it can be.`);
  if (isGiven(force) && typeof force !== 'boolean') throw fault('force');
  if (isGiven(keepSettings) && typeof keepSettings !== 'boolean') throw fault('keepSettings');
  if (isGiven(stages) && !areNames(stages)) throw fault('stages');
  if (isGiven(gates) && !areNames(gates)) throw fault('gates');
  if (isGiven(scenes) && !areScenes(scenes)) throw fault('scenes');
  if (isGiven(onFailure) && onFailure !== 'park' && onFailure !== 'fail') throw fault('onFailure');
  return {
    ...(isGiven(force) && { force }),
    ...(isGiven(keepSettings) && { keepSettings }),
    ...(isGiven(stages) && { stages }),
    ...(isGiven(scenes) && { scenes }),
    ...(isGiven(gates) && { gates }),
    ...(isGiven(onFailure) && { onFailure }),
  };
}

export function readBatchInput(given: unknown): BatchInput {
  const fields = fieldsOf(given);
  if (!fields) throw refused('Project.Invalid', 'The input must be a JSON object.');
  const batchId = parseBatchId(fields['batchId']);
  if (!batchId) throw refused('Batch.NotFound', `There is no batch ${shown(fields['batchId'])}.`);
  const { atMost, story } = fields;
  if (!isWhole(atMost, 1, Number.MAX_SAFE_INTEGER)) {
    throw refused('Project.Invalid', '"atMost" must be a whole number from 1.');
  }
  const read = readBatchItems(fields['projects']);
  if (typeof read === 'string') throw refused('Project.Invalid', `The batch cannot be made: ${read}.`);
  const ofStory = isGiven(story) ? fieldsOf(story) : {};
  if (!ofStory) throw refused('Project.Invalid', '"story" must be a JSON object.');
  const isContinued = workflowInfo().continuedFromExecutionRunId !== undefined;
  const carried = isContinued ? (fields['carried'] as BatchInput['carried']) : undefined;
  const scope = readScope(ofStory);
  return {
    batchId,
    projects: read,
    atMost,
    ...(isGiven(story) && { story: scope }),
    ...(carried && { carried }),
  };
}

/** The projects of a batch, or what is wrong with them. */
export function readBatchItems(given: unknown): BatchItem[] | string {
  if (!Array.isArray(given)) return 'it needs {"projects":[{"projectId":"<id>"}]}';
  if (given.length > MAX_IN_BATCH) return `${given.length} projects are too many; at most ${MAX_IN_BATCH} are allowed`;
  const items: BatchItem[] = [];
  for (const each of given as unknown[]) {
    const { projectId: id, priority, owner } = fieldsOf(each) ?? {};
    const projectId = parseProjectId(id);
    if (!projectId) return `${shown(id)} is no project id`;
    const served = PRIORITIES.find((known) => known === priority);
    if (isGiven(priority) && served === undefined) return `the priority ${shown(priority)} is not one of 1 to 5`;
    if (isGiven(owner) && typeof owner !== 'string') return 'an owner must be a text';
    items.push({
      projectId,
      ...(served !== undefined && { priority: served }),
      ...(isGiven(owner) && { owner: fairnessKeyOf(owner) }),
    });
  }
  return items;
}

export function readReconcileInput(given: unknown): ReconcileInput {
  const fields = isGiven(given) ? fieldsOf(given) : {};
  const { graceSeconds, mediaGraceSeconds } = fields ?? {};
  const isSeconds = (value: unknown) => !isGiven(value) || (Number.isFinite(value) && (value as number) >= 0);
  if (!fields || !isSeconds(graceSeconds) || !isSeconds(mediaGraceSeconds)) {
    throw refused(
      'Project.Invalid',
      'The input must be {"graceSeconds":60,"mediaGraceSeconds":3600}, or a part of it.',
    );
  }
  return {
    ...(isGiven(graceSeconds) && { graceSeconds: graceSeconds as number }),
    ...(isGiven(mediaGraceSeconds) && { mediaGraceSeconds: mediaGraceSeconds as number }),
  };
}

/** Reads whatever somebody has sent: no argument, any JSON, or what does not decode. */
export function readMessage(argument: unknown): ReadMessage {
  const given = fieldsOf(argument ?? {});
  if (!given) return { refusal: 'its input must be a JSON object' };
  const { now, lane, gate, reason, version } = given;
  if (lane != null && typeof lane !== 'string') return { refusal: '"lane" must be a text' };
  if (gate != null && typeof gate !== 'string') return { refusal: '"gate" must be a text' };
  const why = reason == null ? undefined : givenText('"reason"', reason, TEXT_BYTES.reason);
  const words = typeof reason === 'string' ? firstBytes(storable(reason).trim(), TEXT_BYTES.reason) : '';
  let fault: Fault | undefined;
  if (now != null && typeof now !== 'boolean') {
    fault = { refusal: '"now" must be true or false', since: 'flags-are-checked' };
  } else if (why && 'refusal' in why && words !== '') {
    fault = { refusal: why.refusal, since: 'bounded-messages' };
  } else if (version != null && !isVersion(version)) {
    fault = { refusal: '"version" must be a whole number from 0', since: 'versions-are-checked' };
  }
  return {
    fields: {
      now: now === true,
      ...(lane != null && { lane }),
      ...(gate != null && { gate }),
      ...(words !== '' && { reason: words }),
      ...(isVersion(version) && { version }),
    },
    ...(fault && { fault }),
  };
}

function isVersion(value: unknown): value is number {
  return isWhole(value, 0, MAX_INTEGER);
}

/** Null and nothing are the same in JSON that other languages write. */
function isGiven<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

function areNames(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_STAGES &&
    value.every((name) => typeof name === 'string' && name.length <= TEXT_BYTES.gate)
  );
}

function areScenes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_SCENES && value.every((scene) => isWhole(scene, 1, MAX_SCENES));
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function shown(value: unknown): string {
  return boundedLine(JSON.stringify(value) ?? 'without an id', TEXT_BYTES.shown);
}

function refused(type: FailureType, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
