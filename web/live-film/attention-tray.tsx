import { isFinal, definesScenes, STAGES, type EventError } from '../../src/protocol';
import type { LaneView } from '../api/types';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Failure } from '../parts/failure';
import { laneNames } from '../parts/lane-name';
import { recipeOf, useOneByOne } from '../parts/one-by-one';
import type { Story } from '../story/story';
import { SetBudget } from './cost-meter';
import { messagesFor } from './steering';

/** Those that failed, and those that a person has stopped while the run continues. */
export function waitingLanes(story: Story): readonly LaneView[] {
  const isOver = story.status === undefined || isFinal(story.status);
  return (story.view.value?.lanes ?? []).filter(
    ({ status }) => status === 'needs_attention' || (status === 'cancelled' && !isOver),
  );
}

/** Lanes that wait for a person, those with one cause together. */
export function AttentionTray({ story }: { readonly story: Story }) {
  const words = t();
  const { refusals, send } = useOneByOne(story.refresh);
  const parked = waitingLanes(story);
  if (parked.length === 0) return null;
  const causes = new Map<string, { readonly error: EventError; readonly lanes: LaneView[] }>();
  for (const lane of parked) {
    const error = lane.error ?? { type: 'Internal', message: '', retryable: true };
    const cause = causes.get(error.type) ?? { error, lanes: [] };
    cause.lanes.push(lane);
    causes.set(error.type, cause);
  }
  const messages = (verb: 'retry' | 'skip', lanes: readonly LaneView[]) => messagesFor(story, verb, names(lanes));
  const all = (verb: 'retry' | 'skip', lanes: readonly LaneView[]) =>
    send(words[verb], messages(verb, lanes), (n) => words.accepted(n > 1 ? words.aside(words[verb], n) : words[verb]));
  return (
    <section class="tray" aria-labelledby="tray-title">
      <h2 id="tray-title">
        <span aria-hidden="true">⚠</span> {words.needsYou}
      </h2>
      {[...causes.values()].map(({ error, lanes }) => (
        <div key={error.type} class="cause">
          <p>
            <strong>{laneNames(names(lanes))}</strong>
          </p>
          <p>
            <Failure error={error} />
          </p>
          {error.type === 'Budget.Exhausted' && <SetBudget story={story} budget={story.view.value?.budget} />}
          <div class="actions">
            <Button name={words.retry} kind="main" keys="t" onClick={() => void all('retry', lanes)}>
              {lanes.length > 1 ? words.aside(words.retryAll, lanes.length) : words.retry}
            </Button>
            {canSkip(lanes) && (
              <Button name={words.skip} keys="s" onClick={() => void all('skip', lanes)}>
                {words.skip}
              </Button>
            )}
          </div>
          <div class="actions">
            <CopyAs recipe={recipeOf(messages('retry', lanes))} label={words.retry} />
            {canSkip(lanes) && <CopyAs recipe={recipeOf(messages('skip', lanes))} label={words.skip} />}
          </div>
        </div>
      ))}
      {refusals}
    </section>
  );
}

const canSkip = (lanes: readonly LaneView[]) => lanes.every(({ lane }) => !definesScenes(STAGES, lane));
const names = (lanes: readonly LaneView[]) => lanes.map(({ lane }) => lane);
