import { useRef } from 'preact/hooks';
import type { Editable } from '../api/types';
import { Button } from '../parts/button';
import { drafts, setDraft } from '../parts/drafts';
import { focusInstead } from '../parts/focus';
import type { Choice as Offered } from '../parts/setting-choices';
import type { Story } from '../story/story';
import { OpenEdit } from './open-edit';

export interface EditFieldProps {
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
  const { story, field, label, short, read, keys } = props;
  const id = `${story.id}/${field}`;
  const draft = drafts.value.get(id);
  const wasOpen = useRef(false);
  const isLeft = wasOpen.current && !draft;
  wasOpen.current = draft !== undefined;
  if (draft) return <OpenEdit {...props} id={id} draft={draft} />;
  const editable = story.editable.value;
  const value = editable && read(editable);
  if (!editable || value === undefined) return null;
  const { version } = editable;
  return (
    <Button
      kind="quiet"
      keys={keys}
      onShown={isLeft ? focusInstead : undefined}
      onClick={() => setDraft(id, { value, base: value, version })}
    >
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
