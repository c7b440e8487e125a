import { ask } from '../api/ask';
import { t } from '../i18n';
import type { Undo } from '../parts/announce';
import type { Recipe } from '../parts/copy-as';
import type { Story } from '../story/story';
import { actOn, storeEdit } from './act-on';
import { Consequence } from './consequence';
import { editRecipe } from './recipes';

/** An edit is taken back by the edit that reverses it, unless somebody has changed the film since `version`. */
export function undoEdit(story: Story, reverse: object, version: number, after?: () => void): Undo {
  return {
    says: (
      <>
        <p>{t().undoEdit}</p>
        <Consequence story={story} changes={reverse} />
      </>
    ),
    run: async () => {
      const isDone = await actOn(story, t().undo, () => storeEdit(story, reverse, version));
      if (isDone) after?.();
    },
    recipe: editRecipe(story, reverse, version),
  };
}

/** A message to the run is taken back by the opposite one. */
export function undoMessage(story: Story, says: string, opposite: Opposite): Undo {
  return {
    says: <p>{says}</p>,
    run: () => actOn(story, t().undo, () => ask('POST', opposite.path, opposite.body)),
    recipe: opposite.recipe,
  };
}

interface Opposite {
  readonly path: string;
  readonly body: object;
  readonly recipe: Recipe;
}
