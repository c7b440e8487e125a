import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { ask, asProblem } from '../api/ask';
import type { Editable } from '../api/types';
import { t } from '../i18n';
import { showAnswer, showRefusal } from '../parts/announce';
import { Button } from '../parts/button';
import { Choice } from '../parts/choice';
import { CopyAs } from '../parts/copy-as';
import { drafts, setDraft } from '../parts/drafts';
import { FieldFault, faultOf, useFieldFaults } from '../parts/field-faults';
import { focusNew } from '../parts/focus';
import { reasonOf } from '../parts/reason-of';
import type { Choice as Offered } from '../parts/setting-choices';
import type { Story } from '../story/story';
import { storeEdit } from './act-on';
import { Conflict } from './conflict';
import { Consequence } from './consequence';
import { editRecipe } from './recipes';
import { commandsFor, send } from './steering';
import { undoEdit } from './undo';

interface EditFieldProps {
  readonly story: Story;
  /** Names the field among all of the film. */
  readonly field: string;
  readonly label: string;
  /** What the button shows where the label is beside it already. */
  readonly short?: string;
  readonly hint?: string;
  /** What is stored; undefined if the film has no such text now. */
  readonly read: (editable: Editable) => string | undefined;
  readonly changes: (value: string) => object;
  readonly keys?: string;
  readonly rows?: number;
  readonly number?: boolean;
  /** Words to choose from, each with what it is called. */
  readonly choices?: readonly Offered[];
}

/**
 * A text of the film that a person may change. An unsaved change survives a reload; a change by others is compared with
 * it.
 */
export function EditField(props: EditFieldProps) {
  const { story, field, label, short, hint, read, changes, keys, rows = 3, number = false, choices } = props;
  const words = t();
  const id = `${story.id}/${field}`;
  const draft = drafts.value.get(id);
  const [theirs, setTheirs] = useState<{ readonly value: string; readonly version: number }>();
  const isSaving = useSignal(false);
  const { form, faults, set: setFaults, sending } = useFieldFaults<HTMLDivElement>();
  const [at = ''] = faults.keys();
  const editable = story.editable.value;
  if (!draft) {
    const value = editable && read(editable);
    if (!editable || value === undefined) return null;
    const { version } = editable;
    return (
      <Button kind="quiet" keys={keys} onClick={() => setDraft(id, { value, base: value, version })}>
        {short === undefined ? (
          label
        ) : (
          <>
            <span aria-hidden="true">{short}</span>
            <span class="sr-only">{label}</span>
          </>
        )}
      </Button>
    );
  }
  const save = async (text: string, from: number, isRun: boolean) => {
    if (isSaving.value) return;
    isSaving.value = true;
    await sending(() => store(text, from, isRun)).catch((error: unknown) => showRefusal(reasonOf(error), words.save));
    isSaving.value = false;
  };
  const store = async (text: string, from: number, isRun: boolean): Promise<void> => {
    const stored = await storeEdit(story, changes(text), from).catch((error: unknown) => {
      if (asProblem(error).status !== 412) throw error;
    });
    if (!stored) {
      const { body } = await ask<Editable>('GET', `${story.path}/editable`);
      const value = read(body) ?? '';
      // Another person has changed something else: this field is as it was, so nothing is to be chosen.
      if (value === draft.base && !theirs && body.version !== from) return store(text, body.version, isRun);
      return setTheirs({ value, version: body.version });
    }
    const replaced = theirs?.version === from ? theirs.value : draft.base;
    await story.refresh();
    setDraft(id, undefined);
    setTheirs(undefined);
    showAnswer(words.accepted(words.save), undoEdit(story, changes(replaced), stored.body.version));
    if (isRun) await send(story, commandsFor(story.view.value?.status).includes('resume') ? 'resume' : 'start');
  };
  const change = (next: string) => setDraft(id, { ...draft, value: next });
  const isChanged = draft.value !== draft.base;
  const restsOrEnded = commandsFor(story.status).some((command) => command === 'resume' || command === 'start');
  return (
    <div class="edit" ref={form}>
      <label class="field">
        <span>{label}</span>
        {choices ? (
          <Choice label={label} choices={choices} value={draft.value} onChange={change} />
        ) : number ? (
          <input
            type="number"
            step="any"
            value={draft.value}
            {...faultOf(faults, at)}
            onInput={(event) => change(event.currentTarget.value)}
          />
        ) : (
          <textarea
            rows={rows}
            value={draft.value}
            ref={focusNew}
            {...faultOf(faults, at)}
            onInput={(event) => change(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.isComposing) return;
              if (event.key === 'Enter' && (event.metaKey || event.ctrlKey))
                void save(draft.value, draft.version, false);
              if (event.key === 'Escape' && !isChanged) setDraft(id, undefined);
            }}
          />
        )}
        {hint !== undefined && <span class="hint">{hint}</span>}
        <FieldFault faults={faults} at={at} />
      </label>
      {theirs && (
        <Conflict
          yours={draft.value}
          theirs={theirs.value}
          base={draft.base}
          onKeep={() => void save(draft.value, theirs.version, false)}
          onTake={() => {
            setDraft(id, undefined);
            setTheirs(undefined);
            void story.refresh();
          }}
        />
      )}
      <div class="actions">
        <Button kind="main" disabled={!isChanged} onClick={() => void save(draft.value, draft.version, false)}>
          {words.save}
        </Button>
        {restsOrEnded && (
          <Button disabled={!isChanged} onClick={() => void save(draft.value, draft.version, true)}>
            {words.saveAndRun}
          </Button>
        )}
        <Button
          kind="quiet"
          onClick={() => {
            setDraft(id, undefined);
            setFaults([]);
          }}
        >
          {words.discard}
        </Button>
        <Consequence story={story} changes={isChanged ? changes(draft.value) : undefined} />
        <CopyAs recipe={editRecipe(story, changes(draft.value), draft.version)} />
      </div>
    </div>
  );
}
