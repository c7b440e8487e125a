import type { StopRequest } from '../protocol';
import {
  count,
  fields,
  list,
  Misshapen,
  readLaneId,
  readProjectId,
  record,
  text,
  type Reader,
} from '../protocol/viewer';

const OPTIONAL = { runId: text, lanes: list(readLaneId), before: count };
const stopRequest: Reader<StopRequest> = fields({ projectId: readProjectId }, OPTIONAL);

/**
 * A message of the control channel, which other programs may use as well. A field that is null or not known here may
 * narrow the stop: without it, the message would stop more than was meant. Nothing of the message is in the refusal.
 */
export function stopIn(message: string): { readonly request: StopRequest } | { readonly refusal: string } {
  try {
    const given = record(JSON.parse(message));
    const isWhole = Object.entries(given).every(
      ([name, value]) => value !== null && (name === 'projectId' || Object.hasOwn(OPTIONAL, name)),
    );
    return isWhole ? { request: stopRequest(given) } : { refusal: 'it has a field that is null or not known' };
  } catch (error) {
    return { refusal: error instanceof Misshapen ? error.message : 'it must be JSON' };
  }
}
