import { asProblem, type Problem } from '../api/ask';
import { t } from '../i18n';
import type { Reason } from '../i18n/server-words';

/** Why something was refused or did not work. */
export function reasonOf(error: unknown): Reason {
  const { code, detail, errors } = asProblem(error);
  return code === 'Gateway.Away' ? { text: t().notReachable } : t().failed(code, detail, errors);
}

/** The same for a list that some gateways do not have. */
export function listReason(problem: Problem): Reason {
  return problem.status === 404 ? { text: t().notThere } : reasonOf(problem);
}
