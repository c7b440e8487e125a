import { z } from 'zod';

const requestKinds = ['chat', 'image', 'video_submit', 'video_poll', 'video_content', 'video_delete'] as const;

/** The kinds of requests to the studio that faults and the record of requests distinguish. */
export type RequestKind = (typeof requestKinds)[number];

const tokens = z.int().min(0);

/**
 * One way to misbehave; fields combine. Counts are tokens of a chat stream; on a clip they count bytes. On an answer
 * that is no stream, `cut` and `stall` do the work first and then lose the answer. In this way a paid job gets lost.
 */
export const faultSchema = z.strictObject({
  /** Answer with this HTTP status and do no work. */
  status: z.int().min(400).max(599).optional(),
  /** The error code in that answer, e.g. `insufficient_quota`. */
  code: z.string().optional(),
  /** The answer quotes the key and the request; of a stream, an error does so in place of `cut`. */
  echo: z.boolean().optional(),
  /** Seconds in its `retry-after` header. */
  retryAfter: z.number().min(0).optional(),
  /** Sends nothing more after so many, with the socket left open. */
  stall: tokens.optional(),
  /** After so many, the rest waits until `POST /studio/release`; an answer in one piece waits if this is set. */
  hold: tokens.optional(),
  /** The socket is destroyed after so many. */
  cut: tokens.optional(),
  /** The stream ends after so many without `finish_reason` and without `[DONE]`. */
  no_finish: tokens.optional(),
  /** The first three can be read by a tolerant reader, the others cannot. */
  bad_json: z
    .enum(['fenced', 'prose', 'trailing_comma', 'not_json', 'cut_short', 'missing_field', 'wrong_type', 'wrong_root'])
    .optional(),
  /** A storyboard has this many scenes, whatever was asked for. */
  scenes: z.int().min(0).max(2000).optional(),
  /** Every write of a stream ends inside a character of several bytes if it has one. */
  utf8_split: z.boolean().optional(),
  /** Milliseconds of silence before the answer. */
  slow_first_token: z.number().min(0).optional(),
  tokensPerSecond: z.number().min(0).optional(),
  /** The submitted video job will end as failed. */
  video_failed: z.boolean().optional(),
  /** Answer exactly this text. */
  text: z.string().optional(),
});

export type Fault = z.infer<typeof faultSchema>;
export type JsonFault = NonNullable<Fault['bad_json']>;

export const faultRuleSchema = z.strictObject({
  /** Only requests whose prompt or raw body contains this. */
  match: z.string().default(''),
  kind: z.enum([...requestKinds, 'any']).default('any'),
  fault: faultSchema,
  /** How many requests it strikes. */
  times: z.int().min(1).default(1),
});

export type FaultRule = z.input<typeof faultRuleSchema>;

/** The misbehaviour that is still to come: the first planned rule that fits a request strikes it and is used up by it. */
export class FaultPlan {
  private rules: z.output<typeof faultRuleSchema>[] = [];

  add(rule: FaultRule): void {
    this.rules.push(faultRuleSchema.parse(rule));
  }

  clear(): void {
    this.rules = [];
  }

  take(kind: RequestKind, text: string): Fault | undefined {
    const rule = this.rules.find((each) => (each.kind === 'any' || each.kind === kind) && text.includes(each.match));
    if (rule === undefined) return undefined;
    rule.times -= 1;
    if (rule.times === 0) this.rules = this.rules.filter((each) => each !== rule);
    return rule.fault;
  }
}
