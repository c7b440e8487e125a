import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Dialog } from '../parts/dialog';
import { setQuery } from '../router';
import type { Story } from '../story/story';
import { actOn, storeEdit } from './act-on';
import { Consequence } from './consequence';
import { editRecipe } from './recipes';
import { undoEdit } from './undo';

interface Asked {
  readonly title: string;
  readonly changes: object;
  /** The scene that is shown afterwards. */
  readonly shown?: number;
}

/**
 * Moves, adds or removes a scene. A move is done at once, because an undo brings back what was. The person sees the price
 * first if a scene is new, because it costs something, or removed, because it cannot be had again for nothing.
 */
export function SceneOrder({ story, scene }: { readonly story: Story; readonly scene: number }) {
  const words = t();
  const [asked, setAsked] = useState<Asked>();
  const editable = story.editable.value;
  if (!editable) return null;
  const { scenes, version } = editable;
  const numbers = scenes.map(({ scene_number: n }) => n);
  const present = scenes.find(({ scene_number: n }) => n === scene);
  const at = numbers.indexOf(scene);
  const show = (shown: number | undefined) => setQuery('scene', shown === undefined ? undefined : String(shown));
  const store = (changes: object) => storeEdit(story, changes, version);
  const move = async (step: number) => {
    const order = numbers.filter((n) => n !== scene);
    order.splice(at + step, 0, scene);
    const reverse = { order: numbers.map((n) => order.indexOf(n) + 1) };
    const isDone = await actOn(
      story,
      step < 0 ? words.sceneUp : words.sceneDown,
      () => store({ order }),
      ({ body }) => undoEdit(story, reverse, body.version, () => show(scene)),
    );
    if (isDone) show(scene + step);
  };
  const added = (): Asked => ({
    title: words.sceneAdd,
    changes: {
      add: [{ narration: present?.narration ?? '', visual_prompt: present?.visual_prompt ?? '', at: scene + 1 }],
    },
    shown: scene + 1,
  });
  const removed = (): Asked => ({ title: words.sceneRemove, changes: { remove: [scene] } });
  const save = async ({ title, changes, shown }: Asked) => {
    if (!(await actOn(story, title, () => store(changes)))) return;
    setAsked(undefined);
    show(shown);
  };
  return (
    <div class="actions scene-order" role="group" aria-label={words.sceneOrder}>
      <Button kind="quiet" name={words.sceneUp} disabled={at <= 0} onClick={() => void move(-1)}>
        {words.sceneUp}
      </Button>
      <Button kind="quiet" name={words.sceneDown} disabled={at === numbers.length - 1} onClick={() => void move(1)}>
        {words.sceneDown}
      </Button>
      <Button kind="quiet" onClick={() => setAsked(added())}>
        {words.sceneAdd}
      </Button>
      <Button kind="quiet" disabled={numbers.length < 2} onClick={() => setAsked(removed())}>
        {words.sceneRemove}
      </Button>
      {asked && (
        <Dialog title={`${words.sceneNumber(scene)} · ${asked.title}`} onClose={() => setAsked(undefined)}>
          <Consequence story={story} changes={asked.changes} />
          <p>
            <CopyAs recipe={editRecipe(story, asked.changes, version)} />
          </p>
          <footer>
            <Button onClick={() => setAsked(undefined)}>{words.keepIt}</Button>
            <Button kind="main" name={asked.title} onClick={() => void save(asked)}>
              {asked.title}
            </Button>
          </footer>
        </Dialog>
      )}
    </div>
  );
}
