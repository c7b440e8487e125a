import { problemText } from './problem-text';

/** Sends a request for each item, one after the other. Resolves with a line for each that was refused. */
export async function oneByOne<T extends { readonly name: string }>(
  items: readonly T[],
  send: (item: T) => Promise<unknown>,
): Promise<string[]> {
  const refusals: string[] = [];
  for (const item of items) {
    await send(item).catch((error: unknown) => refusals.push(`${item.name}: ${problemText(error)}`));
  }
  return refusals;
}
