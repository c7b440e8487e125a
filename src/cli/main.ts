#!/usr/bin/env node
import type { Config } from '../config';
import { scrub } from '../scrub';
import type { Cli } from './cli';
import { EXIT_CODES } from './exit-codes';
import { failureOf } from './failure';
import { loaded } from './loaded';
import { createProgram } from './program';
import { standardOutput } from './render';

let config: Config | undefined;

const cli: Cli = {
  screen: standardOutput(process.stdout),
  note: (line) => void process.stderr.write(`${scrub(line)}\n`),
  stdin: process.stdin,
  config: () => (config ??= loaded.config.readConfig()),
  interrupted: () => {
    const controller = new AbortController();
    const interrupt = () => {
      if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted.code);
      controller.abort();
    };
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    return controller.signal;
  },
  exitCode: EXIT_CODES.ok.code,
};

process.stdout.on('error', lost);
process.stderr.on('error', () => undefined);

createProgram(cli)
  .parseAsync()
  .catch((error: unknown) => {
    const { message, hint, code } = failureOf(error);
    if (message !== '') cli.note(`storyreel: ${message}`);
    if (hint !== undefined) cli.note(`hint: ${hint}`);
    if (config?.LOG_LEVEL === 'debug' || config?.LOG_LEVEL === 'trace') cli.note(String((error as Error).stack));
    cli.exitCode = code;
  })
  // Connections that are still trying must not hold the command up.
  // The callback comes after everything that was printed, and after its failure.
  .finally(() => process.stdout.write('', (error) => (error ? lost(error) : process.exit(cli.exitCode))));

/** What was printed is lost. If its reader has gone (`| head`), nobody misses it. */
function lost({ code }: NodeJS.ErrnoException): never {
  if (code === 'EPIPE') process.exit(EXIT_CODES.ok.code);
  cli.note(`storyreel: The output cannot be written (${code}).`);
  process.exit(EXIT_CODES.failed.code);
}
