import { laneOfRole } from '../../src/protocol';
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
      {marks.length > 0 && (
        <ul class="marks">
          {marks.slice(-3).map((mark, i) => (
            <li key={i}>
              {mark.kind === 'resumed' ? (
                <>
                  ↳ {words.continuedFrom(number(mark.offset))} · {words.continuedHow(mark.why)} ·{' '}
                  {words.attempt(mark.attempt)}
                </>
              ) : (
                <>↺ {words.begunAgain(mark.why)}</>
              )}
            </li>
          ))}
        </ul>
      )}
      <LaneText
        model={story.model}
        lane={STORY}
        isLive={status === 'processing' && !story.isAway}
        label={words.script}
        lang={story.view.value?.language}
      />
      {story.model.status === undefined && status !== 'pending' && <p class="quiet-text">{words.loading}</p>}
      {status === 'pending' && <p class="quiet-text">{words.notWrittenYet}</p>}
      {!readOnly && <EditedText story={story} status={status} />}
    </section>
  );
}
