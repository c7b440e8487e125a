/**
 * A process of its own. Its standard input is a pipe that only the owner of the stack holds. Each line is the whole
 * list of the owner's running processes. The pipe closes when the owner ends, however it ends: then the processes of
 * the last list are stopped.
 */
import { createInterface } from 'node:readline';
import { stopAll, type TrackedProcess } from './stop-process';

async function main(): Promise<void> {
  let owned: TrackedProcess[] = [];
  for await (const line of createInterface({ input: process.stdin })) owned = readList(line) ?? owned;
  if (owned.length > 0) console.log(`the owner has ended; stopping ${owned.map(({ name }) => name).join(', ')}`);
  await stopAll(owned);
}

/** A line cut by the owner's death is not a list; the line before it is still valid. */
function readList(line: string): TrackedProcess[] | undefined {
  try {
    return JSON.parse(line) as TrackedProcess[];
  } catch {
    return undefined;
  }
}

void main();
