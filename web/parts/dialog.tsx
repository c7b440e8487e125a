import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { answered } from './announce';
import { Button } from './button';
import { Reason } from './reason';

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}

/** The browser's own dialog: it keeps the focus and closes with Escape. */
export function Dialog({ title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  const answer = answered.value;
  const earlier = useRef(answer);
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // Not only removed: a dialog that is closed gives the focus back to what it was opened with.
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="button quiet" onClick={() => element.current?.close()}>
          {t().close}
        </button>
      </header>
      {children}
      {/* What is behind an open dialog is neither seen nor read. */}
      <p role="status" class={answer?.isRefusal ? 'field-error' : 'quiet-text'}>
        {answer && answer !== earlier.current && <Reason of={answer} />}
      </p>
    </dialog>
  );
}

interface ConfirmProps {
  readonly question?: string | undefined;
  readonly action: string;
  /** `danger` for what ends or deletes something. */
  readonly kind?: 'main' | 'danger';
  readonly children?: ComponentChildren;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function Confirm({ question, action, kind = 'danger', children, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={action} onClose={onClose}>
      {question !== undefined && <p>{question}</p>}
      {children}
      <footer>
        <Button onClick={onClose}>{t().keepIt}</Button>
        <Button
          kind={kind}
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {action}
        </Button>
      </footer>
    </Dialog>
  );
}
