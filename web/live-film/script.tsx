import { laneOfRole } from '../../src/protocol';
import type { Mark } from '../../src/protocol/viewer';
import { number } from '../i18n/format';
import { t } from '../i18n';
import { Status } from '../parts/status';
import type { Story } from '../story/story';
import { LaneText } from '../text/lane-text';
import { EditedText } from './edited-text';
import { ProofMark } from './proof';
import { Rate } from './rate';
import { laneStatus } from './storyboard';

const STORY = laneOfRole('story');

/** The story as it is written, with what has happened to it at its margin. */
export function Script({ story, readOnly = false }: { readonly story: Story; readonly readOnly?: boolean }) {
  const words = t();
  const { attempt = 0, marks = [] } = story.model.lane(STORY) ?? {};
  const mark = marks.at(-1);
  const status = laneStatus(story, STORY);
  return (
    <section class="script" id="script" aria-labelledby="script-title">
      <header>
        <h2 id="script-title">{words.script}</h2>
        <Status status={status} />
        {attempt > 1 && <span class="quiet-text">{words.attempt(attempt)}</span>}
        {status === 'processing' && !story.isAway && <Rate story={story} lane={STORY} />}
        <ProofMark story={story} lane={STORY} />
      </header>
      <LaneText
        model={story.model}
        lane={STORY}
        isLive={status === 'processing' && !story.isAway}
        label={words.script}
        lang={story.view.value?.language}
      />
      {story.model.status === undefined && status !== 'pending' && <p class="quiet-text">{words.loading}</p>}
      {status === 'pending' && <p class="quiet-text">{words.notWrittenYet}</p>}
      {/* Below the text, so that what has happened pushes nothing away. The events list the earlier marks. */}
      <div class="script-foot">
        {!readOnly && story.model.status !== undefined && <EditedText story={story} status={status} />}
        {mark && <Happened mark={mark} />}
      </div>
    </section>
  );
}

/** The text was continued or begun again, and why. */
function Happened({ mark }: { readonly mark: Mark }) {
  const words = t();
  const text =
    mark.kind === 'resumed'
      ? `↳ ${words.continuedFrom(number(mark.offset))} · ${words.continuedHow(mark.why)} · ${words.attempt(mark.attempt)}`
      : `↺ ${words.begunAgain(mark.why)}`;
  return (
    <p class="mark-note" title={text}>
      {text}
    </p>
  );
}
