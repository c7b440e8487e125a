import { firstText, isFields, valuesAt, type Fields } from './answer-fields';
import { foundFile, isOtherFile } from './found-file';
import { isRefusal, refusalIn } from './refused-media';
import { errorIn, isFault, type StatedError } from './reported-error';

/** The state of a video job, in the words of any service. */
export interface JobAnswer {
  readonly id?: string;
  readonly state: 'running' | 'completed' | 'failed';
  /** Whether the answer names the state. Otherwise the state follows from its other fields. */
  readonly isStated: boolean;
  /** The state is a word that is known for a job in work. Any other word may only mean that it runs. */
  readonly isInWork: boolean;
  /** The state is a word for a job that the service does not know, or not yet. */
  readonly isNotKnown: boolean;
  /** 0 to 100. */
  readonly progress: number;
  /** The address of the clip, or the clip itself as a data URL, if the answer has one. */
  readonly url?: string;
  readonly error?: StatedError;
}

/** Members that hold the job itself in the answers of some services. */
const WRAPPERS = ['data', 'task', 'job', 'output', 'result', 'response', 'Response', 'Resp'];
/** Members that are no job, although they may have an id or a state. */
const NO_JOBS = ['input', 'request', 'metadata', 'error', 'usage', 'model', 'user', 'urls'];
const IDS = [
  'id',
  'task_id',
  'taskId',
  'video_id',
  'job_id',
  'jobId',
  'JobId',
  'generation_id',
  'generationId',
  'uuid',
];
/** The id of a job at some services; at others that of the question, which an error has as well. */
const IDS_OF_REQUESTS = ['request_id', 'requestId'];
/** The same in the words of any other service. */
const ANY_ID =
  /^(?:_?id|u?uid|guid|(?:task|job|video|generation|prediction|inference|operation|execution|run|workflow|render|clip)_?id)$/i;
const STATES = ['status', 'task_status', 'state', 'taskStatus', 'Status'];
const ANY_STATE = /^(?:(?:task|job|video|generation|prediction|operation|run|render)_?)?(?:status|state|phase)$/i;
const ADDRESSES = [
  'video_url',
  'url',
  'result_url',
  'download_url',
  'ResultVideoUrl',
  'video.url',
  'content.video_url',
  'content.url',
  'unsigned_urls.*',
  'output.video_url',
  'output.url',
  'urls.*',
  'urls.mp4',
  'urls.video',
  'output.*.url',
  'output.*',
  'output',
  'outputs.*.url',
  'outputs.*',
  'outputs.video_url',
  'videos.*.url',
  'videos.*.video_url',
  'video_result.*.url',
  'results.videos.*.url',
  'resultUrls.*',
  'task_result.videos.*.url',
  'result.video_url',
  'result.url',
  'assets.video',
  'data.*.url',
  'creations.*.url',
  // Some gateways state the address where others state the reason.
  'fail_reason',
];
/** Where services state the address of a job, in the answer or in what it wraps. */
const JOB_ADDRESSES = (
  'polling_url pollingUrl status_url statusUrl status_uri task_status_url urls.get get_url task_url check_url ' +
  'fetch_result links.status links.self href'
).split(' ');
const JOB_WRAPPERS = ['', 'data.', 'data.*.', 'output.', 'result.'];
const ADDRESS = /^(?:https?:)?\/|^data:/i;
const REASONS = (
  'fail_reason failure_reason failReason failMsg fail_msg failure task_status_msg status_msg error_message ' +
  'errorMessage ErrorMessage err_msg reason'
).split(' ');
const REASON_CODES = 'failureCode failure_code error_code errorCode ErrorCode err_code failCode code'.split(' ');
const PROGRESS = ['progress', 'percent', 'percentage', 'progress_percent', 'progressPercent', 'progress.percent'];

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
  'generated',
  'rendered',
  'available',
  'delivered',
  'finalized',
  'completed_successfully',
  '成功',
  '已完成',
]);
const FAILED = new Set(
  (
    'failed failure fail error errored cancelled canceled expired timeout timed_out timedout rejected aborted dead ' +
    'deleted nsfw moderated blocked content_moderated request_moderated content_filtered refused unsuccessful terminated killed crashed ' +
    'system_error internal_error policy_violation content_policy_violation 失败 已取消'
  ).split(' '),
);
const IN_WORK = new Set(
  (
    'queued queueing queue in_queue inqueue pending waiting submitted accepted scheduled preparing starting ' +
    'started not_start not_started throttled processing running in_progress inprogress generating dreaming rendering ' +
    '排队中 处理中 生成中'
  ).split(' '),
);
const NOT_KNOWN = new Set(['not_found', 'notfound', 'not_exist', 'not_exists', 'does_not_exist', 'unknown', '不存在']);

/** Some services have an error for a job that they are working on. */
export const STILL_RUNS =
  /still (?:in progress|running|processing|being)|not (?:been )?(?:yet )?(?:completed|complete|finished|ready)|is (?:in progress|processing|queued|pending)/i;

/** What some services put before the word itself: `TASK_STATUS_SUCCEED`, `video.completed`. */
const BEFORE_WORD = /^(?:(?:task|job|video|generation|prediction|request|run|operation|status|state)_)+/;

export function jobIn(body: unknown): JobAnswer {
  const layers = layersOf(body);
  const pick = (paths: readonly string[]) => layers.map((layer) => firstText(layer, paths)).find(Boolean);
  // The innermost status is the job's own: a wrapper's may be that of the question.
  const stated = [...layers].reverse().flatMap((layer) => firstText(layer, namesIn(layer, STATES, ANY_STATE)) ?? []);
  const word = stated.map(plain).find((each) => each !== '') ?? wordOfOperation(layers[0]);
  const url = addressIn(layers) ?? unnamedIn(body, word);
  const error = errorOf(layers, word) ?? (FAILED.has(word) || COMPLETED.has(word) ? refusalIn(body) : undefined);
  // The name counts for more than the place: a wrapper has the id of the request beside the job with its own.
  const named =
    IDS.map((name) => pick([name])).find(Boolean) ??
    operationIn(layers[0]) ??
    layers.map((layer) => firstText(layer, namesIn(layer, [], ANY_ID))).find(Boolean);
  const id = named ?? (error ? undefined : pick(IDS_OF_REQUESTS));
  return {
    ...(id !== undefined && { id }),
    ...(url !== undefined && { url }),
    state: stateOf(word, url, error),
    isStated: word !== '',
    isInWork: IN_WORK.has(word),
    isNotKnown: NOT_KNOWN.has(word),
    progress: progressOf(pick(PROGRESS)),
    ...(error && { error }),
  };
}

/** Where the answer states that its job can be asked for. */
export function jobAddressIn(body: unknown): string | undefined {
  const paths = JOB_WRAPPERS.flatMap((wrapper) => JOB_ADDRESSES.map((name) => `${wrapper}${name}`));
  return firstText(body, paths);
}

/** The first address that is not that of a picture beside the clip. */
function addressIn(layers: readonly Fields[]): string | undefined {
  const texts = layers.flatMap((layer) => ADDRESSES.flatMap((path) => valuesAt(layer, path)));
  const addresses = texts
    .filter((text): text is string => typeof text === 'string')
    .map((text) => text.trim())
    .filter((text) => ADDRESS.test(text));
  return addresses.find((address) => !isOtherFile(address, 'clip'));
}

/** The clip elsewhere in the answer of a finished job. Without a state, only the clip itself shows that the job is finished. */
function unnamedIn(body: unknown, word: string): string | undefined {
  const found = word === '' || COMPLETED.has(word) ? foundFile(body, 'clip') : undefined;
  return word !== '' || found?.startsWith('data:') ? found : undefined;
}

/** Google's operations have a path as their name. */
function operationIn(outermost: Fields | undefined): string | undefined {
  const name = firstText(outermost, ['name']);
  return name !== undefined && /^(?:[\w./-]+\/)?operations\/[\w.-]+$/.test(name) ? name : undefined;
}

/** Google's operations are done or not; whether they have failed is stated beside. */
function wordOfOperation(outermost: Fields | undefined): string {
  return outermost?.['done'] === true ? 'done' : '';
}

function stateOf(word: string, url: string | undefined, error: StatedError | undefined): JobAnswer['state'] {
  // Some services call a job completed that has failed, or whose clip is black because it was refused.
  if (COMPLETED.has(word)) return error && (url === undefined || isRefusal(error)) ? 'failed' : 'completed';
  if (FAILED.has(word)) return 'failed';
  if (word !== '') return 'running';
  if (error) return 'failed';
  return url === undefined ? 'running' : 'completed';
}

/** A number is a word that nobody knows, and `ok` is about the question. The other fields of the answer state more. */
function plain(word: string): string {
  const text = word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s.-]+/g, '_')
    .replace(BEFORE_WORD, '');
  return /^(?:\d+|ok|okay|true|false)$/.test(text) ? '' : text;
}

/** The body, and what it wraps, outermost first. */
function layersOf(body: unknown): readonly Fields[] {
  const layers: Fields[] = [];
  let layer: unknown = onlyOf(body);
  while (isFields(layer) && layers.length < 4) {
    layers.push(layer);
    const own: Fields = layer;
    const known = WRAPPERS.map((name) => onlyOf(own[name])).find(isJob);
    layer =
      known ?? (isJob(own) ? undefined : (unknownWrapperIn(own) ?? WRAPPERS.map((name) => own[name]).find(isFields)));
  }
  return layers;
}

/** Some services have a wrapper with the name of what was asked for. */
function unknownWrapperIn(layer: Fields): unknown {
  const found = Object.entries(layer).find(([name, value]) => !NO_JOBS.includes(name) && isJob(onlyOf(value)));
  return onlyOf(found?.[1]);
}

/** The names that are known, and then those of its members that are like them. */
function namesIn(layer: Fields, known: readonly string[], any: RegExp): readonly string[] {
  return [...known, ...Object.keys(layer).filter((name) => any.test(name))];
}

function onlyOf(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}

function isJob(value: unknown): boolean {
  if (!isFields(value)) return false;
  const isOne = (name: string) =>
    IDS.includes(name) || IDS_OF_REQUESTS.includes(name) || ANY_ID.test(name) || ANY_STATE.test(name);
  return Object.keys(value).some((name) => isOne(name) && value[name] !== undefined);
}

function errorOf(layers: readonly Fields[], word: string): StatedError | undefined {
  const stated = layers.map((layer) => errorIn(layer)).find(Boolean);
  if (stated) return stated;
  if (!FAILED.has(word)) return undefined;
  const within = layers.flatMap((layer) => WRAPPERS.map((name) => errorIn(layer[name]))).find(Boolean);
  if (within) return within;
  // The innermost words are the job's own: a wrapper's may be that the question has succeeded.
  const own = [...layers].reverse();
  const message = [REASONS, ['message', 'msg']]
    .flatMap((names) => own.map((each) => firstText(each, names)))
    .find((words) => words !== undefined && !/^(?:ok|success|succeed)$/i.test(words));
  const codes = own.flatMap((each) => REASON_CODES.map((name) => firstText(each, [name])));
  return {
    message: message ?? `its state is ${word}, without a reason`,
    code: codes.find((code) => code !== undefined && isFault(code)) ?? word,
  };
}

/** A number, a share of one, `"30%"`, or nothing that can be read. */
function progressOf(stated: string | undefined): number {
  const number = Number((stated ?? '').replace('%', ''));
  if (!Number.isFinite(number)) return 0;
  return Math.min(100, Math.max(0, number > 0 && number < 1 ? 100 * number : number));
}
