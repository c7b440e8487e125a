/** Of gRPC. */
const DEADLINE_EXCEEDED = 4;

/**
 * How long the suite waits for anything, in milliseconds: many times what is usual, so that a busy machine is no failure.
 * A condition that does not come about is one.
 */
export const PATIENCE_MS = 150_000;

/** Between two looks: soon at first, then rarer, because looking takes time from what is waited for. */
const LOOK_MS = { first: 10, growth: 1.4, most: 250 };

type Nothing = undefined | null | false | 0 | '';

/**
 * Resolves with the first value of `look` that is there: not undefined, null, false, 0 or an empty text. Rejects, if none
 * comes, with what was waited for and with what was seen last: `look` may hand that to `saw`, which gives it back.
 */
export async function until<T>(
  what: string,
  look: (saw: <S>(seen: S) => S) => Promise<T | Nothing> | T | Nothing,
): Promise<Exclude<T, Nothing>> {
  const deadline = Date.now() + PATIENCE_MS;
  let last: unknown;
  for (let pause = LOOK_MS.first; ; pause = Math.min(pause * LOOK_MS.growth, LOOK_MS.most)) {
    let value: T | Nothing;
    try {
      value = await look((seen) => {
        last = seen;
        return seen;
      });
    } catch (error) {
      if (!isUnansweredQuery(error)) throw error;
      last = String(error);
    }
    if (value) return value as Exclude<T, Nothing>;
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${what}; last seen: ${shown(last)}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Temporal gives a busy worker so long to answer a query; then the next look asks again. */
function isUnansweredQuery(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'ServiceError') return false;
  return (error.cause as { readonly code?: unknown } | undefined)?.code === DEADLINE_EXCEEDED;
}

function shown(seen: unknown): string {
  return (JSON.stringify(seen) ?? 'nothing').slice(-2_000);
}
