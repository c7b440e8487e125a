import type { StatedError } from './reported-error';
import { statedDelayMs } from './retry-hint';

/** The kind of a provider's refusal or failure, whatever its status and words. */
export type FailureKind =
  'quota' | 'rate' | 'key' | 'refused' | 'not-found' | 'bad-request' | 'unavailable' | 'unknown';

export interface Failure extends Partial<StatedError> {
  readonly status?: number;
}

/** Words of codes and types, whatever is between their parts. The first line that fits decides. */
const CODES: readonly (readonly [FailureKind, RegExp])[] = [
  [
    'refused',
    /content_?(?:policy|filter|moderat)|moderat(?:ion|ed)|refusal|safety|sensitive|data_?inspection|blocked|nsfw|risk_?control|responsible_?ai|^audit|illegal_?(?:content|prompt|image)|sentinel_block|^(?:102[67]|1301)$/,
  ],
  [
    'quota',
    /insufficient_(?:\w{1,20}_)?(?:quota|balance|credits?|funds?)|quota_?(?:exceeded|exhausted)|exceeded_(?:\w{1,20}_)?quota|free_?tier_?only|payment_?required|billing|overdue|arrearage|out_of_credits?|not_enough_credits?|spend(?:ing)?_limit|budget_?exceeded|set_?limit_?exceeded|^(?:1008|1113|2056|110[12]|30001)$/,
  ],
  [
    'rate',
    /rate_?limit|too_?many_?requests|throttl|resource_?exhausted|rate_?quota|limit_?exceeded|^(?:10(?:02|39)|130[235]|33650\d)$/,
  ],
  ['key', /authentication|unauthori[sz]ed|invalid_?api_?key|api_?key_?invalid|permission_?denied|^(?:1004|2049)$/],
  [
    'not-found',
    /(?:model|deployment)_?not_?(?:found|exist|open)|(?:unknown|invalid)_?model|^not_?found|^(?:1211|20012)$/,
  ],
  ['unavailable', /overload|unavailable|server_?error|internal|timeout|^server$|engine|upstream/],
  [
    'bad-request',
    /bad_?request|invalid|context_?length|unsupported|unknown_?parameter|too_?long|too_?large|unprocessable|value_?error|validation|^(?:2013|336\d{3})$/,
  ],
];

/** The words of messages, for errors without a known code. */
const NO_MONEY = anyOf(
  /insufficient (?:account )?(?:balance|quota|credits?|funds)|欠费|(?:余额|额度)(?:不足|已?用[尽完])/,
  /(?:quota|credits?|balance) (?:is|are) (?:not enough|exhausted|insufficient|too low)/,
  /exceeded your current (?:\w{1,20} )?quota|spend(?:ing)? limit|free tier [^.]{0,60}exhausted|daily request limit/,
  /budget has been exceeded|daily free allocation|reached your (?:\w{1,20} ){0,2}usage limits?|monthly included credits|calls ?\/ ?month/,
  /not enough (?:\w{1,20} ){0,2}(?:balance|credits?|funds)|balance not enough|exhausted balance|credits have been used up/,
  /used (?:all|up) (?:\w{1,20} ){0,3}credits|(?:doesn.t|does not|don.t) have (?:any|enough) credits/,
);
const REFUSED = anyOf(
  /moderation[_ ]blocked|requires moderation|content (?:policy|filter|moderation)|safety (?:system|check)|敏感/,
  /sensitive (?:content|words?)|new_sensitive|inappropriate content|content exists risk|potentially sensitive/,
  /\bnsfw\b|risk control|risk not pass|moderation (?:failed|system)|advanced moderation|copyright restrictions|违规|不安全|审核(?:未通过|不通过|失败)/,
  /(?:input|prompt|content|request) (?:was|has been|is) flagged|violat(?:es?|ing) (?:[\w']{1,20} ){0,3}(?:polic|guidelines)/,
);

/** Services refuse requests for want of money, or for their content, with any of these statuses. */
const WORDED: ReadonlySet<number> = new Set([400, 401, 403, 412, 422, 429]);

/** Words by which a refusal of the whole request (400, 403, 422) is about the key, or about the model. */
const BAD_KEY =
  /(?:api[ _-]?key|access token) (?:is )?(?:not valid|invalid|expired|missing)|(?:invalid|incorrect|expired|missing) api[ _-]?key/i;
const NO_MODEL =
  /model [^.]{0,80}(?:does not exist|not found|is not available)|(?:unknown|invalid|no such) model\b|模型不存在|not have access to (?:the )?model/i;
/** A limit of requests in a short time, in an error within a good answer. */
const TOO_FAST = /rate limit|too many requests|\bqps\b/i;
const UNSPECIFIC: ReadonlySet<number | undefined> = new Set([400, 403, 422]);

const NOT_THERE =
  /unexpected endpoint|unknown (?:url|path|endpoint|route)|no such (?:route|endpoint|model)|cannot post|not found/i;

/** The more exact fact decides: a code before the status, and the status before the message. */
export function failureKind({ status, code, type, message = '' }: Failure): FailureKind {
  const words = [code, type].map((word) => (word ?? '').toLowerCase().replaceAll(/[\s.-]+/g, '_'));
  const kinds = words.map(kindOfCode);
  // These two hide behind statuses of every kind.
  const hidden = kinds.find((kind) => kind === 'quota' || kind === 'refused');
  if (hidden) return hidden;
  const byCode = kinds.find((kind) => kind !== undefined);
  if (status === 402) return 'quota';
  if (status === 451) return 'refused';
  // A limit of requests in a minute is called a quota, too. A refusal that states when to try again asks for no money.
  const isRate = byCode === 'rate' || (status === 429 && statedDelayMs(message) !== undefined);
  if (status === undefined || WORDED.has(status)) {
    if (!isRate && NO_MONEY.test(message)) return 'quota';
    if (status !== 429 && REFUSED.test(message)) return 'refused';
  }
  if (UNSPECIFIC.has(status)) {
    if (byCode === 'not-found' || NO_MODEL.test(message)) return 'not-found';
    if (byCode === 'key' || BAD_KEY.test(message)) return 'key';
  }
  if (status === undefined && byCode === undefined && TOO_FAST.test(message)) return 'rate';
  const byWords = NOT_THERE.test(message) ? 'not-found' : BAD_KEY.test(message) ? 'key' : 'unknown';
  return kindOfStatus(status) ?? byCode ?? byWords;
}

/** The status that an error within a good answer represents; undefined if it states none. */
export function statedStatus({ code, type, message }: StatedError): number | undefined {
  const number = [code, type].map(Number).find((value) => Number.isInteger(value) && value >= 400 && value < 600);
  if (number !== undefined) return number;
  return STATUS[failureKind({ message, ...(code && { code }), ...(type && { type }) })];
}

const STATUS: Readonly<Record<FailureKind, number | undefined>> = {
  quota: 402,
  rate: 429,
  key: 401,
  refused: 451,
  'not-found': 404,
  'bad-request': 400,
  unavailable: 503,
  unknown: undefined,
};

function kindOfCode(word: string): FailureKind | undefined {
  return word === '' ? undefined : CODES.find(([, pattern]) => pattern.test(word))?.[0];
}

function kindOfStatus(status: number | undefined): FailureKind | undefined {
  if (status === undefined) return undefined;
  if (status === 429) return 'rate';
  if (status === 401 || status === 403) return 'key';
  // Moved for good, or no place for such requests: no request of ours finds it there.
  if (status === 404 || status === 405 || status === 410 || (status >= 300 && status < 400)) return 'not-found';
  if ([408, 409, 424, 425, 498, 499].includes(status) || status >= 500) return 'unavailable';
  return 'bad-request';
}

function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}
