import { createInterface } from 'node:readline';

/**
 * The other end of a `Child`: answers each line of standard input with the result of `handle`, in order. The
 * process ends with its input.
 */
export function serveParent(
  hello: object,
  handle: (message: never) => Promise<object>,
  close: () => Promise<void>,
): void {
  const note = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  let last: Promise<unknown> = Promise.resolve();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      last = last
        .then(() => handle(JSON.parse(line) as never))
        .then(note, (error: unknown) => note({ error: (error as Error).stack ?? String(error) }));
    })
    .on('close', () => void close().finally(() => process.exit(0)));
  note(hello);
}
