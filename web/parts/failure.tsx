import { t } from '../i18n';
import { Reason } from './reason';

interface FailureProps {
  readonly error: { readonly type: string; readonly message: string };
}

/** What has failed: in the language of the page what has happened, then the server's own sentence, and where it is explained. */
export function Failure({ error: { type, message } }: FailureProps) {
  return (
    <>
      <Reason of={t().failed(type, message)} /> <a href={`/v1/errors#${type}`}>{type}</a>
    </>
  );
}
