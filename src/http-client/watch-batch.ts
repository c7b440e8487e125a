import type { BatchView } from '../client';
import { backoffMs, pause, readStream, record, text, type Reader } from '../protocol/viewer';
import { batchView } from './answers';
import { readJson, type Connection } from './connection';
import { HttpFailure } from './problem-error';

const OK = 200;

/** Undefined for a message of a newer release. */
const message: Reader<BatchView | 'end' | undefined> = (value) => {
  const { type: given, ...view } = record(value);
  const type = text(given, 'type');
  return type === 'end' ? 'end' : type === 'batch' ? batchView(view) : undefined;
};

/** The status of a batch, now and at each change, until nothing of it runs any more. */
export async function* watchBatch(
  connection: Connection,
  begin: () => { readonly path: string; readonly leaving: AbortController },
): AsyncGenerator<BatchView, void, undefined> {
  const { path, leaving } = begin();
  const { signal } = leaving;
  try {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const answer = await connection.ask('GET', path, { signal }).catch((error: unknown) => {
        if (signal.aborted || (error instanceof HttpFailure && error.retryable)) return undefined;
        throw error;
      });
      for await (const { data } of answer?.body ? readStream(answer.body).messages : []) {
        const read = readJson(data, message, OK);
        if (read === 'end') return;
        failures = 0;
        if (read) yield read;
      }
      await pause(backoffMs(failures), signal);
    }
  } finally {
    leaving.abort();
  }
}
