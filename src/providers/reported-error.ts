import OpenAI from 'openai';
import { boundedLine } from '../protocol';
import { isFields, jsonIn, type Fields } from './answer-fields';
import { delayInHeaders, statedDelayMs } from './retry-hint';

/** A server's report of a failure, in any of the known shapes. */
export interface StatedError {
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
  /** The parameter of the request that is meant. */
  readonly param?: string;
}

/** What servers write that have no error to report. */
const NO_ERROR = /^\s*(?:none|null|nil|undefined|no error|ok|success)?\s*$/i;
/** The most that is read of a server's message; much less of it is kept. */
const MAX_WORDS = 4_000;
const MAX_WORD = 100;

/** Members by which an answer is recognised as one: beside them a lone `message` or `code` is no failure. */
const ANSWERS = ['choices', 'data', 'output', 'id', 'task_id'];

/** Reads the failure in an answer of any service; undefined if the answer reports none. */
export function errorIn(body: unknown): StatedError | undefined {
  if (Array.isArray(body)) return body.length === 1 ? errorIn(body[0]) : undefined;
  if (!isFields(body)) return undefined;
  const { errors, detail, base_resp: base, x_groq: groq, response, error_code: code } = body;
  const error =
    body['error'] ?? body['Error'] ?? [groq, response].filter(isFields).find((each) => each['error'])?.['error'];
  if (error === true) return ofFields(body);
  if (isFields(error) && (!isEmpty(error) || Object.keys(body).length === 1)) return withWait(ofFields(error), body);
  if (typeof error === 'number' && error >= 400) return stated(wordsIn(body, ...REASONS), { code: error });
  if (Array.isArray(error) && error.length > 0) return ofPoint(error[0]);
  if (typeof error === 'string' && !NO_ERROR.test(error)) return ofText(error, body);
  if (Array.isArray(errors) && errors.length > 0) return ofPoint(errors[0]);
  if (isFields(base) && Number(base['status_code'] ?? 0) !== 0) {
    return stated(wordsIn(base, 'status_msg'), { code: base['status_code'] });
  }
  if (isFields(body['Response']) && isFields(body['Response']['Error'])) return ofFields(body['Response']['Error']);
  // Baidu.
  if (isFault(code) && wordsIn(body, 'error_msg') !== '') return stated(wordsIn(body, 'error_msg'), { code });
  if (body['event'] === 'error' || body['type'] === 'error') return ofFields(body);
  if (ANSWERS.some((name) => body[name] !== undefined && body[name] !== null)) return undefined;
  if (typeof detail === 'string') return stated(detail, body);
  if (Array.isArray(detail) && detail.length > 0) return ofPoint(detail[0]);
  const states = body['object'] === 'error' || body['success'] === false;
  if (!states && !(isFault(body['code']) && wordsIn(body, 'message', 'msg') !== '')) return undefined;
  return ofFields(body);
}

/** The error that the package throws for a refused request, with the status that the words represent. */
export function refusedWith(status: number, error: StatedError, headers: Headers = new Headers()): Error {
  return OpenAI.APIError.generate(status, { error }, undefined, headers);
}

const withinAnswers = new WeakSet<Error>();

/**
 * The error of an accepted request that failed: the server reports it within an answer that began well, and may charge
 * for it.
 */
export function failedWith(status: number, error: StatedError): Error {
  const failure = refusedWith(status, error);
  withinAnswers.add(failure);
  return failure;
}

export function isWithinAnswer(error: unknown): boolean {
  return error instanceof Error && withinAnswers.has(error);
}

/** The words of an answer that is none, and in which no known form of an error is found. */
export function wordedIn(body: Fields): StatedError | undefined {
  // An object by such a name may be the answer itself.
  const isWorded = REASONS.some((name) => typeof body[name] === 'string' && body[name] !== '');
  return isWorded ? ofFields(body) : undefined;
}

/** The error in the body of a refused request, as the package reads it. Whatever words it has are its reason. */
export function refusalOf(text: string): string {
  if (isPage(text)) return JSON.stringify({ error: { message: aPage(text) } });
  const body = jsonIn(text);
  if (body === undefined) {
    const error = xmlReason(text);
    return error ? JSON.stringify({ error }) : text;
  }
  const error = errorIn(body) ?? (isFields(body) ? wordedIn(body) : undefined);
  return JSON.stringify({ error: error ?? stated(typeof body === 'string' ? body : text, {}) });
}

export function isPage(text: string): boolean {
  return /^\uFEFF?\s{0,100}<(?:!doctype|html|head|body)/i.test(text.slice(0, 200));
}

/** The title of a web page; the rest of the page does not help the reader of a failure. */
export function aPage(text: string): string {
  const small = text.slice(0, MAX_WORDS).toLowerCase();
  const start = small.indexOf('<title>');
  const end = start < 0 ? -1 : small.indexOf('</title>', start);
  return end < 0 ? 'a web page' : `a web page, “${boundedLine(text.slice(start + 7, end), MAX_WORD)}”`;
}

/** The reason in an error of a store of files, as S3 gives it; undefined if the text is none. */
export function xmlReason(text: string): StatedError | undefined {
  if (!/^\uFEFF?\s{0,100}<(?:\?xml|Error)/i.test(text.slice(0, 200))) return undefined;
  const [code, message] = ['Code', 'Message'].map(
    (name) => new RegExp(`<${name}>([^<]{1,500})</${name}>`, 'i').exec(text.slice(0, MAX_WORDS))?.[1],
  );
  return { message: message ?? code ?? 'no reason given', ...word('code', code) };
}

/** The members in which services give the reason. */
const REASONS = [
  ...['message', 'msg', 'status_msg', 'error_msg', 'err_msg', 'errorMessage', 'errorText', 'error_description', 'err'],
  ...['detail', 'title', 'reason', 'Message', 'faultstring'],
];

/** Some services give a word for the status, and the reason beside it: `{"error": "Bad Request", "message": "…"}`. */
function ofText(error: string, body: Fields): StatedError {
  const beside = wordsIn(body, ...REASONS);
  const words = beside === '' || beside === error ? error : `${error}: ${beside}`;
  return withWait(stated(words, body), body);
}

function ofFields(fields: Fields): StatedError {
  const { error: nested, metadata } = fields;
  if (isFields(nested)) return ofFields(nested);
  const error = withWait(withInner(stated(wordsIn(fields, ...REASONS), fields), fields), fields);
  if (isFields(metadata)) return withCause(error, metadata);
  return Array.isArray(fields['details']) ? withDetails(error, fields['details']) : error;
}

/** Azure and Anthropic state the exact code within the error. */
function withInner(error: StatedError, { innererror, details }: Fields): StatedError {
  const inner = [innererror, details].find(isFields);
  const code = inner?.['error_code'] ?? inner?.['code'];
  return typeof code === 'string' && code !== '' ? { ...error, type: boundedLine(code, MAX_WORD) } : error;
}

/** A wait that is stated beside the words is put into them, because they are kept. */
function withWait(error: StatedError, fields: Fields): StatedError {
  const ms = numberIn(fields, 'retry_after_ms', 'retryAfterMs');
  const seconds = numberIn(fields, 'retry_after', 'retryAfter', 'retry_after_seconds', 'estimated_time');
  const wait = ms === undefined ? seconds : ms / 1_000;
  if (wait === undefined || statedDelayMs(error.message) !== undefined) return error;
  return { ...error, message: `${error.message} Retry in ${wait} s.` };
}

function numberIn(fields: Fields, ...names: readonly string[]): number | undefined {
  return names.map((name) => Number(fields[name] ?? NaN)).find((value) => value > 0 && value < 1e6);
}

/** Google states beside the words which quota is used up, and when to try again. A day's quota is no limit to wait for. */
function withDetails(error: StatedError, details: readonly unknown[]): StatedError {
  const all = details.filter(isFields);
  const quotas = all.flatMap(({ violations }) => (Array.isArray(violations) ? violations.filter(isFields) : []));
  const isKey = all.some(({ reason }) => reason === 'API_KEY_INVALID');
  const ofDay = quotas.map(({ quotaId }) => quotaId).find((id) => /per_?day/i.test(asText(id)));
  const delay = all.map(({ retryDelay }) => retryDelay).find((each): each is string => /^\d/.test(asText(each)));
  const isSilent = delay !== undefined && statedDelayMs(error.message) === undefined;
  return {
    ...error,
    ...(isKey && { code: 'api_key_invalid' }),
    ...(ofDay !== undefined && { code: 'daily_quota_exceeded' }),
    ...(isSilent && { message: `${error.message} Retry in ${boundedLine(delay, MAX_WORD)}.` }),
  };
}

/** OpenRouter reports “Provider returned error”, and beside it what the server behind it has answered. */
function withCause(error: StatedError, { raw, error_type: kind, headers }: Fields): StatedError {
  const limits = isFields(headers)
    ? Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
    : [];
  const wait = delayInHeaders(limits);
  const body = typeof raw === 'string' ? (jsonIn(raw) ?? raw) : raw;
  const reported = errorIn(body) ?? (typeof body === 'string' && body !== '' ? stated(body, {}) : undefined);
  return {
    ...word('type', kind ?? reported?.code ?? reported?.type),
    ...word('param', reported?.param),
    ...(wait === undefined ? error : withWait(error, { retry_after_ms: wait })),
    ...(reported && { message: `${error.message}: ${reported.message}`.slice(0, MAX_WORDS) }),
  };
}

/**
 * The error of a list of points, as FastAPI gives them: `{"loc": ["body", "seed"], "msg": "Extra inputs are not
 * permitted"}`.
 */
function ofPoint(point: unknown): StatedError {
  if (!isFields(point)) return stated(typeof point === 'string' ? point : '', {});
  const place = Array.isArray(point['loc']) ? point['loc'].filter((step) => step !== 'body').join('.') : undefined;
  const error = ofFields(point);
  return place ? { ...error, param: boundedLine(place, MAX_WORD), message: `${place}: ${error.message}` } : error;
}

function stated(message: string, { code, Code, type, error_type: kind, param, status }: Fields): StatedError {
  return {
    message: message.slice(0, MAX_WORDS) || 'no reason given',
    ...word('code', code ?? Code),
    ...word('type', [type, kind].find((each) => typeof each === 'string') ?? status),
    ...word('param', param),
  };
}

function word(name: string, value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'string' && typeof value !== 'number') return {};
  return value === '' ? {} : { [name]: boundedLine(String(value), MAX_WORD) };
}

function wordsIn(fields: Fields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
    if (isFields(value)) return JSON.stringify(value);
  }
  return '';
}

/** Some servers send the form of an error with every answer, beside the result, and fill it only if there is one. */
function isEmpty(error: Fields): boolean {
  return Object.entries(error).every(
    ([name, value]) =>
      value === null || (typeof value === 'string' && NO_ERROR.test(value)) || (name === 'code' && !isFault(value)),
  );
}

/** Whether a code means that something failed. */
export function isFault(code: unknown): boolean {
  if (typeof code !== 'string' && typeof code !== 'number') return false;
  return !['', '0', '200', 'ok', 'success'].includes(String(code).toLowerCase());
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
