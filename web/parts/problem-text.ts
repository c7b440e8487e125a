import { asProblem, type Problem } from '../api/ask';
import { t } from '../i18n';

/** Why something was refused or did not work, in words. */
export function problemText(error: unknown): string {
  const { code, detail } = asProblem(error);
  return code === 'Gateway.Away' ? t().notReachable : t().failed(code, detail);
}

/** The same for a list that some gateways do not have. */
export function listProblem(problem: Problem): string {
  return problem.status === 404 ? t().notThere : problemText(problem);
}
