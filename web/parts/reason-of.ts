import { asProblem } from '../api/ask';
import { t } from '../i18n';
import type { Reason } from '../i18n/server-words';

/** Why something was refused or did not work. */
export function reasonOf(error: unknown): Reason {
  const { code, detail, errors } = asProblem(error);
  return code === 'Gateway.Away' ? { text: t().notReachable } : t().failed(code, detail, errors);
}
