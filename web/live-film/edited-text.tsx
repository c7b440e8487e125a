import { laneOfRole } from '../../src/protocol';
import type { LaneStatus } from '../../src/protocol';
import { t } from '../i18n';
import type { Story } from '../story/story';
import { EditField } from './edit-field';

/** The whole story, or the half that is there while the run rests. */
export function EditedText({ story, status }: { readonly story: Story; readonly status: LaneStatus }) {
  const words = t();
  const editable = story.editable.value;
  if (!editable || status === 'processing') return null;
  const begun = editable.text?.lane === laneOfRole('story') ? editable.text.content : undefined;
  if (begun !== undefined) {
    return (
      <EditField
        story={story}
        field="text"
        label={words.editHalf}
        hint={words.editHalfHint}
        read={({ text }) => (text?.lane === laneOfRole('story') ? text.content : undefined)}
        changes={(content) => ({ text: { lane: laneOfRole('story'), content } })}
        keys="e"
        rows={8}
      />
    );
  }
  if (editable.rewrite === undefined) return null;
  return (
    <EditField
      story={story}
      field="rewrite"
      label={words.editText}
      read={({ rewrite }) => rewrite}
      changes={(rewrite) => ({ rewrite })}
      keys="e"
      rows={12}
    />
  );
}
