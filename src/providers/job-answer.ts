import { firstText, isFields, type Fields } from './answer-fields';
import { errorIn, type StatedError } from './reported-error';

/** The state of a video job, in the words of any service. */
export interface JobAnswer {
  readonly id?: string;
  readonly state: 'running' | 'completed' | 'failed';
  /** Whether the answer names the state. Otherwise the state follows from its other fields. */
  readonly isStated: boolean;
  /** 0 to 100. */
  readonly progress: number;
  /** The address of the clip, if the service names one. */
  readonly url?: string;
  readonly error?: StatedError;
}

/** Members that hold the job itself in the answers of some services. */
const WRAPPERS = ['data', 'task', 'job', 'output', 'result', 'response'];
const IDS = ['id', 'task_id', 'taskId', 'video_id', 'job_id', 'jobId', 'generation_id', 'uuid'];
/** The id of a job at some services; at others that of the question, which an error has as well. */
const ID_OF_REQUEST = 'request_id';
const STATES = ['status', 'task_status', 'state', 'taskStatus'];
const ADDRESSES = [
  'video_url',
  'url',
  'result_url',
  'download_url',
  'video.url',
  'content.video_url',
  'content.url',
  'unsigned_urls.*',
  'output.video_url',
  'output.url',
  'output.*',
  'output',
  'outputs.*.url',
  'videos.*.url',
  'task_result.videos.*.url',
  'result.video_url',
  'result.url',
  'assets.video',
  'data.*.url',
  'creations.*.url',
];
const REASONS = ['fail_reason', 'failure_reason', 'failReason', 'failure', 'task_status_msg', 'status_msg', 'reason'];
const REASON_CODES = ['failureCode', 'failure_code', 'error_code', 'errorCode'];

/** Any other word means a job that still runs: an unknown word must not end a paid job. */
const COMPLETED = new Set([
  'completed',
  'complete',
  'succeeded',
  'success',
  'succeed',
  'successful',
  'done',
  'finished',
  'ready',
]);
const FAILED = new Set(
  (
    'failed failure fail error errored cancelled canceled expired timeout timed_out timedout rejected aborted dead ' +
    'deleted nsfw moderated blocked content_moderated request_moderated content_filtered refused'
  ).split(' '),
);

export function jobIn(body: unknown): JobAnswer {
  const layers = layersOf(body);
  const pick = (paths: readonly string[]) => layers.map((layer) => firstText(layer, paths)).find(Boolean);
  // The innermost status is the job's own: a wrapper's may be that of the question.
  const stated = [...layers].reverse().flatMap((layer) => firstText(layer, STATES) ?? []);
  const word = stated.map(plain).find((each) => each !== '') ?? '';
  const url = pick(ADDRESSES);
  const error = errorOf(layers, word);
  // The name counts for more than the place: a wrapper has the id of the request beside the job with its own.
  const id = IDS.map((name) => pick([name])).find(Boolean) ?? (error ? undefined : pick([ID_OF_REQUEST]));
  return {
    ...(id !== undefined && { id }),
    ...(url !== undefined && /^(?:https?:)?\/|^data:/i.test(url) && { url }),
    state: stateOf(word, url, error),
    isStated: word !== '',
    progress: progressOf(pick(['progress', 'percent', 'percentage'])),
    ...(error && { error }),
  };
}

function stateOf(word: string, url: string | undefined, error: StatedError | undefined): JobAnswer['state'] {
  // Some services call a job completed that has failed.
  if (COMPLETED.has(word)) return error && url === undefined ? 'failed' : 'completed';
  if (FAILED.has(word)) return 'failed';
  if (word !== '') return 'running';
  if (error) return 'failed';
  return url === undefined ? 'running' : 'completed';
}

function plain(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

/** The body, and what it wraps, outermost first. */
function layersOf(body: unknown): readonly Fields[] {
  const layers: Fields[] = [];
  let layer: unknown = Array.isArray(body) ? body[0] : body;
  while (isFields(layer) && layers.length < 4) {
    layers.push(layer);
    const own: Fields = layer;
    const inner = WRAPPERS.map((name) => own[name]).find((value) => isFields(value) && isJob(value));
    layer = inner;
  }
  return layers;
}

function isJob(value: unknown): boolean {
  return isFields(value) && [...IDS, ID_OF_REQUEST, ...STATES].some((name) => value[name] !== undefined);
}

function errorOf(layers: readonly Fields[], word: string): StatedError | undefined {
  const stated = layers.map((layer) => errorIn(layer)).find(Boolean);
  if (stated) return stated;
  if (!FAILED.has(word)) return undefined;
  // The innermost words are the job's own: a wrapper's may be that the question has succeeded.
  const own = [...layers].reverse();
  const message = [REASONS, ['message', 'msg']]
    .flatMap((names) => own.map((each) => firstText(each, names)))
    .find(Boolean);
  const code = layers.map((layer) => firstText(layer, REASON_CODES)).find(Boolean) ?? word;
  return { message: message ?? `its state is ${word}, without a reason`, code };
}

/** A number, `"30%"`, or nothing that can be read. */
function progressOf(stated: string | undefined): number {
  const number = Number((stated ?? '').replace('%', ''));
  return Number.isFinite(number) ? Math.min(100, Math.max(0, number)) : 0;
}
