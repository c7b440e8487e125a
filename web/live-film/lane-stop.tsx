import type { LaneId } from '../../src/protocol';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { laneName } from '../parts/lane-name';
import type { Story } from '../story/story';
import { stopRecipe } from './recipes';
import { stopLane } from './steering';
import { laneStatus } from './storyboard';

/** Stops one lane that is being made. It asks nothing first, because a retry takes it back. */
export function LaneStop({
  story,
  lane,
  keys,
}: {
  readonly story: Story;
  readonly lane: LaneId;
  readonly keys?: string;
}) {
  const words = t();
  // A lane that rests with its run is the run's to resume.
  if (laneStatus(story, lane) !== 'processing') return null;
  return (
    <span class="lane-stop">
      <Button
        kind="quiet"
        name={words.stopLane}
        keys={keys}
        title={words.stopHint}
        onClick={() => void stopLane(story, lane)}
      >
        <span aria-hidden="true">{words.stopLane}</span>
        <span class="sr-only">{words.named(words.stopLane, laneName(lane))}</span>
      </Button>
      <CopyAs recipe={stopRecipe(story, lane)} />
    </span>
  );
}
