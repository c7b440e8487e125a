import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { showAnswer } from './announce';
import type { Recipe } from './copy-as';
import { problemText } from './problem-text';

/** One of several requests, with the name of what it is for. */
export interface Item {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  readonly recipe: Recipe;
}

interface OneByOne {
  readonly isSending: boolean;
  /** What was refused, a line each. It stays to be read. */
  readonly refusals: ComponentChildren;
  readonly send: (items: readonly Item[], said: (accepted: number) => string) => Promise<void>;
}

/** Sends several requests, one after the other. The gateway answers for each, and each refusal is shown. */
export function useOneByOne(onDone: () => void): OneByOne {
  const [lines, setLines] = useState<readonly string[]>([]);
  const [isSending, setSending] = useState(false);
  return {
    isSending,
    refusals: lines.length > 0 && (
      <ul role="alert" class="plain">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    ),
    send: async (items, said) => {
      setSending(true);
      const refused: string[] = [];
      for (const { name, path, body } of items)
        await ask('POST', path, body).catch((error: unknown) => refused.push(`${name}: ${problemText(error)}`));
      setSending(false);
      setLines(refused);
      showAnswer(said(items.length - refused.length), refused.length > 0);
      onDone();
    },
  };
}

/** How other programs send all of them. */
export function recipeOf(items: readonly Item[]): Recipe {
  const lines = (form: keyof Recipe) => items.map(({ recipe }) => recipe[form]).join('\n');
  return { curl: lines('curl'), cli: lines('cli'), ts: lines('ts') };
}
