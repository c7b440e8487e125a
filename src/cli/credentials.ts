import { shownValue } from '../protocol';
import type { Cli } from './cli';
import { EXIT_CODES } from './exit-codes';

interface Shown<T> {
  readonly lineOf: (each: T) => string;
  /** The note for a person if there is nothing. */
  readonly none: string;
  readonly json: boolean;
}

/** Prints each in a line, or as a JSON object. */
export function printAll<T>(cli: Cli, all: readonly T[], { lineOf, none, json }: Shown<T>): void {
  for (const each of all) cli.screen.write(`${json ? JSON.stringify(each) : lineOf(each)}\n`);
  if (all.length === 0 && !json) cli.note(none);
}

/** Notes that it counts no more, or that there is none with this id. */
export function noteRevoked(
  cli: Cli,
  what: 'key' | 'session' | 'link',
  id: string,
  wasRevoked: boolean,
  /** The command that lists those that count. */
  list = `${what}s list`,
): void {
  if (wasRevoked) return cli.note(`${what.charAt(0).toUpperCase()}${what.slice(1)} ${id} counts no more.`);
  const counts = what === 'session' ? '' : ' that counts';
  cli.note(`storyreel: There is no ${what} ${shownValue(id)}${counts}. "storyreel ${list}" lists them.`);
  cli.exitCode = EXIT_CODES.notFound.code;
}
