import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { whileActing } from './act';
import { showAnswer } from './announce';
import type { Recipe } from './copy-as';
import { problemText } from './problem-text';

/** One of several requests, with the name of what it is for. */
export interface Item {
  readonly name: string;
  readonly method?: 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly recipe: Recipe;
}

interface OneByOne {
  /** What was refused, a line each. It stays to be read. */
  readonly refusals: ComponentChildren;
  /** Under the name of an action, as `act`. */
  readonly send: (action: string, items: readonly Item[], said: (accepted: number) => string) => Promise<unknown>;
}

/** Sends several requests, one after the other. The gateway answers for each, and each refusal is shown. */
export function useOneByOne(onDone: () => unknown): OneByOne {
  const [lines, setLines] = useState<readonly string[]>([]);
  return {
    refusals: lines.length > 0 && (
      <ul role="alert">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    ),
    send: (action, items, said) =>
      whileActing(action, async () => {
        const refused: string[] = [];
        for (const { name, method = 'POST', path, body } of items)
          await ask(method, path, body).catch((error: unknown) => refused.push(`${name}: ${problemText(error)}`));
        setLines(refused);
        await onDone();
        const accepted = items.length - refused.length;
        showAnswer(accepted > 0 ? said(accepted) : (refused[0] ?? ''), refused.length > 0);
      }),
  };
}

/** How other programs send all of them. */
export function recipeOf(items: readonly Item[]): Recipe {
  const lines = (form: keyof Recipe) => items.map(({ recipe }) => recipe[form]).join('\n');
  return { curl: lines('curl'), cli: lines('cli'), ts: lines('ts') };
}
