import { laneOfRole } from '../../src/protocol';
import { number } from '../i18n/format';
import { t } from '../i18n';
import { Status } from '../parts/status';
import { NEW_LANE } from '../story/lane-state';
import type { Story } from '../story/story';
import { LaneText } from '../text/lane-text';
import { EditedText } from './edited-text';
import { ProofMark } from './proof';

const STORY = laneOfRole('story');

/** The story as it is written, with what has happened to it at its margin. */
export function Script({ story, readOnly = false }: { readonly story: Story; readonly readOnly?: boolean }) {
  const words = t();
  const lane = story.model.lanes.value.get(STORY) ?? NEW_LANE;
  const isLive = lane.status === 'processing';
  return (
    <section class="script" id="script" aria-labelledby="script-title">
      <header>
        <h2 id="script-title">{words.script}</h2>
        <Status status={lane.status} />
        {lane.attempt > 1 && <span class="quiet-text">{words.attempt(lane.attempt)}</span>}
        <ProofMark lane={lane} />
      </header>
      {lane.marks.length > 0 && (
        <ul class="marks">
          {lane.marks.slice(-3).map((mark, i) => (
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
      <LaneText text={story.model.text(STORY)} isLive={isLive} label={words.script} />
      {lane.status === 'pending' && <p class="quiet-text">{words.notWrittenYet}</p>}
      {!readOnly && <EditedText story={story} lane={lane} />}
    </section>
  );
}
