import { ask } from '../api/ask';
import { t } from '../i18n';
import { act } from './act';
import { Confirm } from './dialog';

interface RevocationProps {
  /** The address of what is revoked. */
  readonly path: string;
  readonly question?: string;
  readonly action?: string;
  /** Called after the gateway's answer. */
  readonly onDone: (() => void) | undefined;
  readonly onClose: () => void;
}

/** Asks before a key, a share link or a session is revoked. */
export function Revocation({ path, question, action, onDone, onClose }: RevocationProps) {
  const words = t();
  const name = action ?? words.revoke;
  const revoke = async () => {
    await act(name, () => ask('DELETE', path));
    onDone?.();
  };
  return (
    <Confirm
      question={question ?? words.confirmRevoke}
      action={name}
      onConfirm={() => void revoke()}
      onClose={onClose}
    />
  );
}
