import { t } from '../i18n';
import { answered, hideLater, holdAnswer } from '../parts/announce';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Reason } from '../parts/reason';
import { useKeys } from '../parts/use-keys';

/** The gateway's last answer or refusal in words, and how the change is taken back where that is possible. */
export function Answer() {
  const words = t();
  const { text, detail, isRefusal, undo } = answered.value ?? {};
  const takeBack = () => {
    answered.value = undefined;
    void undo?.run();
  };
  useKeys({ z: undo && { label: words.undo, run: takeBack } });
  if (text === undefined) return null;
  return (
    <div
      class={isRefusal ? 'answer refusal' : 'answer'}
      onMouseEnter={holdAnswer}
      onMouseLeave={hideLater}
      onFocusIn={holdAnswer}
      onFocusOut={hideLater}
    >
      <p>
        <span aria-hidden="true">{isRefusal ? '⚠' : '✓'}</span>{' '}
        <Reason of={{ text, ...(detail !== undefined && { detail }) }} />
      </p>
      {undo && (
        <Button keys="z" onClick={takeBack}>
          {words.undo}
        </Button>
      )}
      <button type="button" class="link" onClick={() => (answered.value = undefined)}>
        {words.close}
      </button>
      {undo && (
        <div class="answer-more">
          {undo.says} <CopyAs recipe={undo.recipe} />
        </div>
      )}
    </div>
  );
}
