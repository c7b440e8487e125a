import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Dialog } from '../parts/dialog';
import { setQuery } from '../router';
import type { Story } from '../story/story';
import { Consequence } from './consequence';
import { editRecipe } from './recipes';

interface Asked {
  readonly title: string;
  readonly changes: object;
  /** The scene that is shown afterwards. */
  readonly shown?: number;
}

/** Moves, adds or removes a scene: nothing is stored before the person has seen what it costs. */
export function SceneOrder({ story, scene }: { readonly story: Story; readonly scene: number }) {
  const words = t();
  const [asked, setAsked] = useState<Asked>();
  const editable = story.editable.value;
  if (!editable) return null;
  const { scenes, version } = editable;
  const numbers = scenes.map(({ scene_number: n }) => n);
  const present = scenes.find(({ scene_number: n }) => n === scene);
  const at = numbers.indexOf(scene);
  const moved = (step: number): Asked => {
    const order = numbers.filter((n) => n !== scene);
    order.splice(at + step, 0, scene);
    return { title: step < 0 ? words.sceneUp : words.sceneDown, changes: { order }, shown: scene + step };
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
    const isDone = await act(title, () => ask('PATCH', story.path, changes, { 'if-match': `"v${version}"` }));
    await story.refresh();
    if (!isDone) return;
    setAsked(undefined);
    setQuery('scene', shown === undefined ? undefined : String(shown));
  };
  return (
    <div class="actions scene-order" role="group" aria-label={words.sceneOrder}>
      <Button kind="quiet" disabled={at <= 0} onClick={() => setAsked(moved(-1))}>
        {words.sceneUp}
      </Button>
      <Button kind="quiet" disabled={at === numbers.length - 1} onClick={() => setAsked(moved(1))}>
        {words.sceneDown}
      </Button>
      <Button kind="quiet" onClick={() => setAsked(added())}>
        {words.sceneAdd}
      </Button>
      <Button kind="quiet" disabled={numbers.length < 2} onClick={() => setAsked(removed())}>
        {words.sceneRemove}
      </Button>
      {asked && (
        <Dialog title={`${words.sceneNumber(scene)}: ${asked.title}`} onClose={() => setAsked(undefined)}>
          <Consequence story={story} changes={asked.changes} />
          <p>
            <CopyAs recipe={editRecipe(story, asked.changes, version)} />
          </p>
          <footer>
            <Button kind="main" name={asked.title} onClick={() => void save(asked)}>
              {words.save}
            </Button>
          </footer>
        </Dialog>
      )}
    </div>
  );
}
