import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './json-file';

const secrets = z.record(z.string(), z.string());

/**
 * The secret of this name in the state folder's `secrets.json` (mode 600), made at random when it is first asked for.
 */
export function secretOf(stateDir: string, name: string): string {
  const file = join(stateDir, 'secrets.json');
  const known = secrets.safeParse(readJson(file)).data ?? {};
  const secret = known[name] ?? randomBytes(24).toString('base64url');
  if (known[name] === undefined) writeJson(file, { ...known, [name]: secret }, 0o600);
  return secret;
}
