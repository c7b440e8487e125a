import { tokensIn, type Token } from '../stand-in/token';

/** The part of a frame that is measured, of any of the servers. */
export interface Frame {
  readonly kind: 'snapshot' | 'caught up' | 'other';
  readonly tokens: readonly Token[];
  /** To continue after it. */
  readonly id: string | undefined;
}

const MAX = 2_000;
const known = new Map<string, Frame>();

/** All viewers of a story get the same bytes, so each frame is parsed once. */
export function parseFrame(text: string): Frame {
  const parsed = known.get(text);
  if (parsed) return parsed;
  if (known.size > MAX) known.clear();
  const kind = text.includes('"type":"snapshot"')
    ? 'snapshot'
    : /"caught_up"|"upToDate":true/.test(text)
      ? 'caught up'
      : 'other';
  const frame: Frame = { kind, tokens: [...tokensIn(text)], id: /^id: (.*)$/m.exec(text)?.[1] };
  known.set(text, frame);
  return frame;
}
