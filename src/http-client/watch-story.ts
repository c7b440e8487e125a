import { parseCursor, type Cursor, type StoryEvent } from '../protocol';
import { backoffMs, isStreamEvent, pause, readStream, readStreamEvent } from '../protocol/viewer';
import { readJson, type Connection } from './connection';
import { HttpFailure } from './problem-error';
import { SeenTexts } from './seen-texts';

/** Where a watch begins, and what ends it. */
export interface HttpWatchOptions {
  /** Continue after this event instead of beginning with a snapshot. */
  readonly from?: Cursor;
  /** Ends the watch quietly, whatever it waits for. */
  readonly signal?: AbortSignal;
}

const OK = 200;
/** What another attempt cannot mend. */
const FINAL_STATUSES = [400, 401, 403, 404, 406, 410];

/**
 * Follows one project: a snapshot and then every event after it, none lost and none repeated, whatever happens to the
 * gateway and the network. Ends after the run's last event. Throws `HttpFailure` if the gateway refuses it for good.
 */
export async function* watchStory(
  connection: Connection,
  begin: () => { readonly path: string; readonly from: Cursor | undefined; readonly leaving: AbortController },
): AsyncGenerator<StoryEvent, void, undefined> {
  const { path, from, leaving } = begin();
  const { signal } = leaving;
  const seen = new SeenTexts();
  let cursor = from;
  let failures = 0;
  let mayBeMalformed = true;
  // Whether it has come back at once already, and has had nothing but snapshots since: a broken server is not hurried.
  let hasHurried = false;
  try {
    while (!signal.aborted) {
      const opened = await open(connection, path, cursor, signal);
      if (opened === 'ended') return;
      if (opened === undefined) {
        await pause(backoffMs(failures), signal);
        failures += 1;
        continue;
      }
      let again: 'now' | 'later' = 'later';
      for await (const { data, id } of opened.messages) {
        if (signal.aborted) return;
        failures = 0;
        const event = unlessMalformed(() => readJson(data, readStreamEvent, OK), mayBeMalformed);
        if (event === 'malformed') {
          // Only once: a snapshot contains what the event may have reported.
          mayBeMalformed = false;
          cursor = undefined;
          break;
        }
        if (event === undefined) continue;
        if (isStreamEvent(event)) {
          if (event.type !== 'end') continue;
          if (event.reason === 'run_ended') return;
          // The token has ended, and with another one the stream continues.
          if (!(await connection.renewToken())) throw refused(event.reason);
          again = 'now';
          break;
        }
        const shown = seen.take(event);
        if (shown === 'gap') {
          cursor = undefined;
          again = 'now';
          break;
        }
        cursor = parseCursor(id) ?? cursor;
        if (shown === 'known') continue;
        mayBeMalformed = true;
        if (shown.type !== 'snapshot') hasHurried = false;
        yield shown;
      }
      if (again === 'now' && !hasHurried) hasHurried = true;
      else await pause(opened.retryMs() ?? backoffMs(failures), signal);
    }
  } finally {
    leaving.abort();
  }
}

/** Undefined where it is to be tried again later. */
async function open(connection: Connection, path: string, cursor: Cursor | undefined, signal: AbortSignal) {
  try {
    const headers = { accept: 'text/event-stream', 'last-event-id': cursor };
    const answer = await connection.ask('GET', path, { headers, signal });
    return answer.status === 204 || !answer.body ? 'ended' : readStream(answer.body);
  } catch (error) {
    if (signal.aborted) return 'ended';
    if (error instanceof HttpFailure && !FINAL_STATUSES.includes(error.status)) return undefined;
    throw error;
  }
}

function unlessMalformed<T>(read: () => T, mayBeMalformed: boolean): T | 'malformed' {
  try {
    return read();
  } catch (error) {
    if (!mayBeMalformed) throw error;
    return 'malformed';
  }
}

function refused(reason: string): HttpFailure {
  return new HttpFailure('Request.Unauthenticated', `The gateway has ended the stream: ${reason}.`, 401);
}
