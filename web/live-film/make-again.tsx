import { useState } from 'preact/hooks';
import { laneOfRole, stageOfRole } from '../../src/protocol';
import type { RunOptions } from '../api/types';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Dialog } from '../parts/dialog';
import type { Story } from '../story/story';
import { useExplanation, WouldMake } from './consequence';
import { RunChoices } from './next-run';
import { commandsFor, startRequest, startRun } from './steering';

const [IMAGE, CAMERA, CLIP, FILM] = (['image', 'camera', 'clip', 'film'] as const).map(
  (role) => stageOfRole(role).name,
);

/** What follows from each. The film comes last, if there was one. */
const FOLLOWING: readonly (readonly [role: 'image' | 'camera' | 'clip', stages: readonly (string | undefined)[]])[] = [
  ['image', [IMAGE, CLIP]],
  ['camera', [CAMERA, CLIP]],
  ['clip', [CLIP]],
];

/** Another picture, camera move or clip for one scene, although nothing has changed, and what follows from it. */
export function MakeAgain({ story, scene }: { readonly story: Story; readonly scene: number }) {
  const words = t();
  const [asked, setAsked] = useState<{ readonly name: string; readonly options: RunOptions }>();
  const made = new Set<string>(
    (story.view.value?.lanes ?? []).flatMap(({ lane, status }) => (status === 'completed' ? lane : [])),
  );
  const film = story.view.value?.film === undefined ? [] : [FILM];
  const offered = FOLLOWING.filter(([role]) => made.has(laneOfRole(role, scene)));
  if (!commandsFor(story.status).includes('start') || offered.length === 0) return null;
  return (
    <div class="actions make-again" role="group" aria-label={words.makeAgain}>
      <span class="label">{words.makeAgain}</span>
      {offered.map(([role, stages]) => (
        <Button
          key={role}
          onClick={() =>
            setAsked({
              name: words.named(words.makeAgain, words[role]),
              options: {
                force: true,
                scenes: [scene],
                stages: [...stages, ...film].flatMap((stage) => stage ?? []),
              },
            })
          }
        >
          <span class="sr-only">{words.named(words.makeAgain)}</span>
          {words[role]}
        </Button>
      ))}
      {asked && (
        <Asked
          story={story}
          title={`${words.sceneNumber(scene)} · ${asked.name}`}
          options={asked.options}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

interface AskedProps {
  readonly story: Story;
  readonly title: string;
  readonly options: RunOptions;
  readonly onClose: () => void;
}

/** The price comes first, because what is replaced cannot be had again for nothing. */
function Asked({ story, title, options: wanted, onClose }: AskedProps) {
  const words = t();
  const [options, setOptions] = useState(wanted);
  const { replaceEdits: _, ...scope } = options;
  const explained = useExplanation(story, JSON.stringify(scope));
  const start = async () => {
    if (await startRun(story, words.makeAgain, options)) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {explained ? (
        <>
          <WouldMake explained={explained} />
          <RunChoices
            explained={explained}
            options={options}
            onChange={(change) => setOptions({ ...options, ...change })}
          />
        </>
      ) : (
        <p class="pricing">{words.pricing}</p>
      )}
      <p>
        <CopyAs recipe={startRequest(story, options).recipe} />
      </p>
      <footer>
        <Button onClick={onClose}>{words.keepIt}</Button>
        <Button kind="main" name={words.makeAgain} disabled={!explained} onClick={() => void start()}>
          {words.makeAgain}
        </Button>
      </footer>
    </Dialog>
  );
}
