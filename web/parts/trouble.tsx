import type { Problem } from '../api/ask';
import { t } from '../i18n';
import { Reason } from './reason';
import { reasonOf } from './reason-of';
import { SignIn } from '../shell/sign-in';

/** Why something is not shown, in words. */
export function Trouble({ problem }: { readonly problem: Problem | undefined }) {
  if (!problem) return null;
  if (problem.status === 401) return <SignIn />;
  return (
    <p class="notice" role="alert">
      <span aria-hidden="true">⚠</span> <Reason of={reasonOf(problem)} />
    </p>
  );
}

/** The same in place of a list that some gateways do not have. */
export function ListTrouble({ problem }: { readonly problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <p class="quiet-text">
      <Reason of={problem.status === 404 ? { text: t().notThere } : reasonOf(problem)} />
    </p>
  );
}
