import { tokensIn, type Token } from '../stand-in/token';

/** The part of a frame that is measured, of any of the servers. */
export interface Frame {
  readonly kind: 'snapshot' | 'caught up' | 'other';
  readonly tokens: readonly Token[];
  /** To continue after it. */
  readonly id: string | undefined;
}

export function parseFrame(text: string): Frame {
  const kind = text.includes('"type":"snapshot"')
    ? 'snapshot'
    : /"caught_up"|"upToDate":true/.test(text)
      ? 'caught up'
      : 'other';
  return { kind, tokens: [...tokensIn(text)], id: /^id: (.*)$/m.exec(text)?.[1] };
}
