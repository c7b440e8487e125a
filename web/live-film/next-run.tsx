import { useEffect } from 'preact/hooks';
import { isFinal } from '../../src/protocol';
import type { Explanation, RunOptions } from '../api/types';
import { t } from '../i18n';
import { laneName } from '../parts/lane-name';
import type { Story } from '../story/story';
import { useExplanation, WouldMake } from './consequence';

/** Whether nothing is made now, so that what is stored can be compared with what a run would make. */
const rests = (story: Story) => {
  const status = story.view.value?.status;
  return status !== undefined && status !== 'processing' && status !== 'queued';
};

/** Keeps what a run would make now in `story.ahead`, for all that shows it. */
export function useAhead(story: Story): void {
  const { status, version, runId } = story.view.value ?? {};
  const isOpen = status !== undefined && status !== 'draft' && !isFinal(status);
  // An open run keeps its settings.
  const { keepSettings = isOpen || undefined } = story.nextRun.value;
  const body = rests(story) ? JSON.stringify({ keepSettings }) : undefined;
  const explained = useExplanation(story, body, [version, status, runId].join());
  useEffect(() => {
    story.ahead.value = explained;
  }, [story, explained]);
}

/** What of a finished lane is not what a run would make now. */
export function isStale(story: Story, lane: string): boolean {
  const reason = story.ahead.value?.lanes.find((each) => each.lane === lane)?.reason;
  return reason === 'changed' || reason === 'depends';
}

/** Whether people have to know more than the price before such a run. */
const replacedBy = ({ lanes }: Explanation) => lanes.filter(({ replaces }) => replaces).map(({ lane }) => lane);

/** Before a run is started: what it would make and why, for how much, and what has to be decided. */
export function NextRun({ story }: { readonly story: Story }) {
  const words = t();
  const { ahead, nextRun } = story;
  const status = story.view.value?.status;
  const canStart = status === 'draft' || (status !== undefined && isFinal(status));
  const explained = ahead.value;
  if (!canStart || !explained || explained.lanes.every(({ reason }) => reason === 'reused')) return null;
  return (
    <section class="next-run" aria-label={words.nextRun}>
      <WouldMake explained={explained} />
      <RunChoices
        explained={explained}
        options={nextRun.value}
        onChange={(options) => (nextRun.value = { ...nextRun.value, ...options })}
      />
    </section>
  );
}

interface RunChoicesProps {
  readonly explained: Explanation;
  readonly options: RunOptions;
  readonly onChange: (options: RunOptions) => void;
}

/** A run replaces no text of a person, and makes nothing anew for new settings, unless that is chosen here. */
export function RunChoices({ explained, options, onChange }: RunChoicesProps) {
  const words = t();
  const replaced = replacedBy(explained);
  const { changed = [], lanes = [] } = explained.settings ?? {};
  return (
    <>
      {replaced.length > 0 && (
        <label class="check">
          <input
            type="checkbox"
            checked={options.replaceEdits ?? false}
            onChange={(event) => onChange({ replaceEdits: event.currentTarget.checked || undefined })}
          />
          {words.replaceEdits(words.list(replaced.map(laneName)))}
        </label>
      )}
      {((changed.length > 0 && lanes.length > 0) || options.keepSettings) && (
        <label class="check">
          <input
            type="checkbox"
            checked={options.keepSettings ?? false}
            onChange={(event) => onChange({ keepSettings: event.currentTarget.checked || undefined })}
          />
          {words.keepSettings(
            words.list(changed.map(({ name, before, now }) => `${words.setting(name)} ${before} → ${now}`)),
          )}
        </label>
      )}
    </>
  );
}
