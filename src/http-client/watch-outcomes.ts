import type { Outcome, OutcomeFilter } from '../client';
import { followOutcomes } from '../protocol/viewer';
import * as answers from './answers';
import type { Connection } from './connection';

/** How each run has ended, from the cursor on and then each new one. */
export async function* watchOutcomes(
  connection: Connection,
  begin: () => { readonly filter: OutcomeFilter; readonly leaving: AbortController },
): AsyncGenerator<Outcome, void, undefined> {
  const { filter, leaving } = begin();
  const { signal } = leaving;
  const page = (query: OutcomeFilter) =>
    connection.json('GET', '/v1/outcomes', answers.outcomePage, { query: { ...query }, signal });
  try {
    yield* followOutcomes(page, () => ({ ...filter, signal }), []);
  } finally {
    leaving.abort();
  }
}
