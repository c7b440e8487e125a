import OpenAI from 'openai';
import { quotesRequest } from './quoted-request';

export type Body = Readonly<Record<string, unknown>>;

/** The correction that a refusal teaches. */
export interface Lesson {
  /** The replacement of the parameter, for each of its values. */
  readonly change: (value: unknown) => Body;
  /** Ends the sentence "it is asked …". */
  readonly asked: string;
}

/** The correction if a parameter is refused, or must have another form. */
export interface Remedy {
  /** Other names of the parameter in the refusals of servers. */
  readonly alias?: RegExp;
  /** Undefined if these words teach nothing. */
  readonly learn: (words: string) => Lesson | undefined;
}

/** The remedies by the name of a parameter that some model or server refuses. */
export type Remedies = Readonly<Record<string, Remedy>>;

/** The request goes without it. */
export function without(alias?: RegExp): Remedy {
  return { learn: () => ({ change: () => ({}), asked: 'without it' }), ...(alias && { alias }) };
}

/** Sends the parameter under another name. */
export function renamed(name: string): Lesson {
  return { change: (value) => ({ [name]: value }), asked: `with ${name} in its place` };
}

/** More than one lesson on one parameter: its other name may be refused as well. */
const MAX_REFUSALS = 8;
const MAX_MENTIONED = 2;
/** Statuses with which services turn down a parameter, and nothing is paid. */
const REFUSALS = new Set([400, 415, 422]);

interface Learned extends Lesson {
  readonly parameter: string;
}

/** Learned in this process, by provider and model. */
const known = new Map<string, Learned[]>();
/** A process asks few models. Endless new names must not fill its memory. */
const MAX_KNOWN = 1_000;

export interface Asking<Result> {
  readonly body: Body;
  readonly remedies: Remedies;
  /** Makes the request. `accepted` is called as soon as the answer shows that the server has taken it. */
  readonly send: (body: Body, accepted: () => void) => Promise<Result>;
  /** Called once for each thing that is learned. */
  readonly onNotice?: ((words: string) => void) | undefined;
}

/**
 * A refusal of a parameter is learned once for each provider and model. The request is repeated without the parameter,
 * and the correction is remembered if it helped. A refused request is not paid. A correction that did not help is
 * forgotten, because a server may quote the prompt in its refusal, with any word in it.
 */
export class LearnedParameters {
  private readonly key: string;

  constructor(
    readonly model: string,
    ...place: readonly string[]
  ) {
    this.key = [model, ...place].join('\0');
  }

  async ask<Result>({ body, remedies, send, onNotice }: Asking<Result>): Promise<Result> {
    const tried: Learned[] = [];
    let wasAccepted = false;
    for (;;) {
      const sent = this.adjusted(body, tried);
      try {
        const result = await send(sent, () => {
          if (!wasAccepted) this.keep(tried, onNotice);
          wasAccepted = true;
        });
        if (!wasAccepted) this.keep(tried, onNotice);
        return result;
      } catch (error) {
        const learned = wasAccepted ? undefined : lessonIn(error, sent, remedies);
        if (!learned || tried.length >= MAX_REFUSALS || !changes(sent, learned)) throw error;
        tried.push(learned);
      }
    }
  }

  private adjusted(body: Body, tried: readonly Learned[]): Body {
    return [...(known.get(this.key) ?? []), ...tried].reduce((result, { parameter, change }) => {
      const { [parameter]: value, ...rest } = result;
      return value === undefined ? rest : { ...rest, ...change(value) };
    }, body);
  }

  private keep(tried: readonly Learned[], onNotice: Asking<unknown>['onNotice']): void {
    if (tried.length === 0) return;
    const before = known.get(this.key) ?? [];
    // Lanes that ask at the same time are refused at the same time, and learn the same.
    const fresh = tried.filter((own) => !before.some((each) => isSame(each, own)));
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(this.key, [...before, ...fresh].slice(-MAX_REFUSALS));
    for (const { parameter, asked } of fresh) {
      onNotice?.(`${this.model} does not take ${parameter} as it was sent: it is asked ${asked} from now on.`);
    }
  }
}

/** A lesson that leaves the request as it is would be refused again. */
function changes(sent: Body, { parameter, change }: Learned): boolean {
  const { [parameter]: value } = sent;
  return JSON.stringify(change(value)) !== JSON.stringify({ [parameter]: value });
}

function isSame(a: Learned, b: Learned): boolean {
  return a.parameter === b.parameter && a.asked === b.asked;
}

function lessonIn(error: unknown, sent: Body, remedies: Remedies): Learned | undefined {
  if (!(error instanceof OpenAI.APIError) || !REFUSALS.has(error.status as number)) return undefined;
  const { param, message } = error as { param?: unknown; message: string };
  const asked = Object.entries(remedies).filter(([name]) => sent[name] !== undefined);
  const named = typeof param === 'string' ? asked.find(([name, remedy]) => names(param, name, remedy)) : undefined;
  const mentioned = asked.filter(([name, remedy]) => mentions(message, name, remedy) && remedy.learn(message));
  // A message that names many parameters, or quotes the request, does not show which parameter is refused.
  const isAbout = mentioned.length <= MAX_MENTIONED && !quotesRequest(message, sent);
  const [parameter, remedy] = named ?? (isAbout ? mentioned[0] : undefined) ?? [];
  const lesson = remedy?.learn(message);
  return parameter !== undefined && lesson ? { ...lesson, parameter } : undefined;
}

function names(param: string, name: string, { alias }: Remedy): boolean {
  return param === name || param.startsWith(`${name}.`) || param.startsWith(`${name}[`) || alias?.test(param) === true;
}

function mentions(message: string, name: string, { alias }: Remedy): boolean {
  const at = message.indexOf(name);
  const isWord = at >= 0 && !/\w/.test(message[at - 1] ?? '') && !/\w/.test(message[at + name.length] ?? '');
  return isWord || alias?.test(message) === true;
}
