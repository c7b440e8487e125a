/** The exit codes of commands, for scripts. The help text and the docs are made from this table. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'a run failed or was cancelled, or a service cannot be reached' },
  usage: { code: 2, meaning: 'the command line or a setting is wrong' },
  notFound: { code: 3, meaning: 'there is no such project or batch' },
  parked: {
    code: 4,
    meaning: 'a lane needs attention or a stage approval; the run waits for retry, skip, approve, reject or cancel',
  },
  mismatch: { code: 5, meaning: 'a text was shown that is not the one that is stored: Stream.Mismatch' },
  interrupted: { code: 130, meaning: 'left with Ctrl-C; the run continues' },
} as const;

export function exitCodesHelp(): string {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`);
  return ['', 'Exit codes:', ...rows].join('\n');
}
