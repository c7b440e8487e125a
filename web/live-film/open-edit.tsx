import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { ask, asProblem } from '../api/ask';
import type { Editable } from '../api/types';
import { t } from '../i18n';
import { showAnswer, showRefusal } from '../parts/announce';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { setDraft, type Draft } from '../parts/drafts';
import { FieldFault, useFieldFaults } from '../parts/field-faults';
import { reasonOf } from '../parts/reason-of';
import { storeEdit } from './act-on';
import { Conflict } from './conflict';
import { Consequence } from './consequence';
import type { EditFieldProps } from './edit-field';
import { EditInput } from './edit-input';
import { editRecipe } from './recipes';
import { commandsFor, send } from './steering';
import { undoEdit } from './undo';

interface OpenEditProps extends EditFieldProps {
  /** It names the draft. */
  readonly id: string;
  readonly draft: Draft;
}

/** A field that is being changed: what it would cost, and how it is stored. */
export function OpenEdit({ id, draft, ...props }: OpenEditProps) {
  const { story, label, hint, changes } = props;
  const words = t();
  const { form, faults, sending } = useFieldFaults<HTMLDivElement>();
  const [at = ''] = faults.keys();
  const { theirs, save, leave } = useSaving(id, draft, props, sending);
  const isChanged = draft.value !== draft.base;
  const restsOrEnded = commandsFor(story.status).some((command) => command === 'resume' || command === 'start');
  return (
    <div class="edit" ref={form}>
      <label class="field">
        <span>{label}</span>
        <EditInput
          {...props}
          value={draft.value}
          faults={faults}
          at={at}
          onChange={(value) => setDraft(id, { ...draft, value })}
          onSave={() => void save(draft.version, false)}
          onLeave={() => isChanged || leave()}
        />
        {hint !== undefined && <span class="hint">{hint}</span>}
        <FieldFault faults={faults} at={at} />
      </label>
      {theirs && (
        <Conflict
          yours={draft.value}
          theirs={theirs.value}
          base={draft.base}
          onKeep={() => void save(theirs.version, false)}
          onTake={() => {
            leave();
            void story.refresh();
          }}
        />
      )}
      <div class="actions">
        <Button kind="main" disabled={!isChanged} onClick={() => void save(draft.version, false)}>
          {words.save}
        </Button>
        {restsOrEnded && (
          <Button disabled={!isChanged} onClick={() => void save(draft.version, true)}>
            {words.saveAndRun}
          </Button>
        )}
        <Button kind="quiet" onClick={leave}>
          {words.discard}
        </Button>
        <Consequence story={story} changes={isChanged ? changes(draft.value) : undefined} />
        <CopyAs recipe={editRecipe(story, changes(draft.value), draft.version)} />
      </div>
    </div>
  );
}

/** Stores a draft. If others have changed the same field meanwhile, nothing is stored before the person has chosen. */
function useSaving(
  id: string,
  draft: Draft,
  { story, read, changes }: EditFieldProps,
  sending: <T>(work: () => Promise<T>) => Promise<T>,
) {
  const words = t();
  const [theirs, setTheirs] = useState<{ readonly value: string; readonly version: number }>();
  const isSaving = useSignal(false);
  const leave = () => setDraft(id, undefined);
  const store = async (from: number, isRun: boolean): Promise<void> => {
    const stored = await storeEdit(story, changes(draft.value), from).catch((error: unknown) => {
      if (asProblem(error).status !== 412) throw error;
    });
    if (!stored) {
      const { body } = await ask<Editable>('GET', `${story.path}/editable`);
      const value = read(body) ?? '';
      // Another person has changed something else: this field is as it was, so nothing is to be chosen.
      if (value === draft.base && !theirs && body.version !== from) return store(body.version, isRun);
      return setTheirs({ value, version: body.version });
    }
    const replaced = theirs?.version === from ? theirs.value : draft.base;
    await story.refresh();
    leave();
    showAnswer(words.accepted(words.save), undoEdit(story, changes(replaced), stored.body.version));
    if (isRun) await send(story, commandsFor(story.view.value?.status).includes('resume') ? 'resume' : 'start');
  };
  const save = async (from: number, isRun: boolean) => {
    if (isSaving.value) return;
    isSaving.value = true;
    await sending(() => store(from, isRun)).catch((error: unknown) => {
      showRefusal(reasonOf(error), words.save);
      // The draft outlasts a sign-in, which the page offers once it knows.
      if (asProblem(error).status === 401) void story.refresh();
    });
    isSaving.value = false;
  };
  return { theirs, save, leave };
}
