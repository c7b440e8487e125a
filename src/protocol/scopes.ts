/**
 * The permissions of a key: `write` creates, edits and deletes; `spend` sets budgets. `share` issues tokens for one
 * project; `admin` makes keys and reads the audit log.
 */
export const SCOPES = ['read', 'write', 'run', 'review', 'spend', 'share', 'admin'] as const;
/** What an API key allows. */
export type Scope = (typeof SCOPES)[number];

/** A row may have the scopes of a newer release, which this one cannot grant. */
export function isScope(value: unknown): value is Scope {
  return SCOPES.some((scope) => scope === value);
}
