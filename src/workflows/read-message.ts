import { firstBytes, givenText, storable, TEXT_BYTES } from '../protocol';
import { fieldsOf } from './read-input';

/** All fields that a message to a story can have. */
export interface MessageFields {
  readonly now: boolean;
  readonly lane?: string;
  readonly gate?: string;
  /** Storable and not empty. */
  readonly reason?: string;
}

/** `excess`: what is too long in it. It is cut in the fields, for a message that was taken before there was a bound. */
export type ReadMessage = { readonly fields: MessageFields; readonly excess?: string } | { readonly refusal: string };

/** Reads whatever somebody has sent: no argument, any JSON, or what does not decode. */
export function readMessage(argument: unknown): ReadMessage {
  const given = fieldsOf(argument ?? {});
  if (!given) return { refusal: 'its input must be a JSON object' };
  const { now, lane, gate, reason } = given;
  if (lane != null && typeof lane !== 'string') return { refusal: '"lane" must be a text' };
  if (gate != null && typeof gate !== 'string') return { refusal: '"gate" must be a text' };
  const why = reason == null ? undefined : givenText('"reason"', reason, TEXT_BYTES.reason);
  const words = typeof reason === 'string' ? firstBytes(storable(reason).trim(), TEXT_BYTES.reason) : '';
  return {
    fields: {
      now: now === true,
      ...(lane != null && { lane }),
      ...(gate != null && { gate }),
      ...(words !== '' && { reason: words }),
    },
    ...(why && 'refusal' in why && words !== '' && { excess: why.refusal }),
  };
}
