/** Why Redis refuses a command: the first word of its answer, `unreachable` without an answer, `other` for the rest. */
export const REFUSALS = [
  'OOM',
  'NOPERM',
  'READONLY',
  'MISCONF',
  'LOADING',
  'BUSY',
  'NOAUTH',
  'WRONGPASS',
  'NOREPLICAS',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'WRONGTYPE',
  'unreachable',
  'other',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** The library's words if there is no connection now; they do not state why. */
const NO_CONNECTION = /^Stream isn't writeable/;

/** A message as people may read it. `known` is what was found out about the connection before. */
export function shownFault(message: string, known = 'there is no connection to it'): string {
  return NO_CONNECTION.test(message) ? known : message.slice(0, 200);
}

/** A script's own rights are refused in a sentence that begins otherwise. */
export function causeOfRefusal(answer: string): Refusal {
  if (/ACL failure in script|can't run this command|No permissions to/i.test(answer)) return 'NOPERM';
  const word = /^-?([A-Z]+)\b/.exec(answer)?.[1];
  return REFUSALS.find((known) => known === word) ?? 'other';
}
