import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { whileActing } from './act';
import { showAnswer, showRefusal } from './announce';
import type { Recipe } from './copy-as';
import type { Reason as Said } from '../i18n/server-words';
import { Reason } from './reason';
import { reasonOf } from './reason-of';

/** One of several requests, with the name of what it is for. */
export interface Item {
  readonly name: string;
  readonly method?: 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly recipe: Recipe;
}

interface Refused {
  readonly name: string;
  readonly reason: Said;
}

interface OneByOne {
  /** What was refused, a line each. It stays to be read. */
  readonly refusals: ComponentChildren;
  /** Under the name of an action, as `act`. */
  readonly send: (action: string, items: readonly Item[], said: (accepted: number) => string) => Promise<unknown>;
}

/** Sends several requests, one after the other. The gateway answers for each, and each refusal is shown. */
export function useOneByOne(onDone: () => unknown): OneByOne {
  const [lines, setLines] = useState<readonly Refused[]>([]);
  return {
    refusals: lines.length > 0 && (
      <ul role="alert">
        {lines.map(({ name, reason }) => (
          <li key={name}>
            {t().named(name)}
            <Reason of={reason} />
          </li>
        ))}
      </ul>
    ),
    send: (action, items, said) =>
      whileActing(action, async () => {
        const refused: Refused[] = [];
        for (const { name, method = 'POST', path, body } of items)
          await ask(method, path, body).catch((error: unknown) => refused.push({ name, reason: reasonOf(error) }));
        setLines(refused);
        await onDone();
        const accepted = items.length - refused.length;
        const [first] = refused;
        if (!first) showAnswer(said(accepted));
        else if (accepted > 0) showRefusal({ text: said(accepted) });
        else showRefusal(first.reason, first.name);
      }),
  };
}

/** How other programs send all of them. */
export function recipeOf(items: readonly Item[]): Recipe {
  const lines = (form: keyof Recipe) => items.map(({ recipe }) => recipe[form]).join('\n');
  return { curl: lines('curl'), cli: lines('cli'), ts: lines('ts') };
}
