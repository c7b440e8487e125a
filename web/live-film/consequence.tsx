import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import type { Explanation } from '../api/types';
import { t } from '../i18n';
import { priceOf } from '../i18n/format';
import { laneName } from '../parts/lane-name';
import type { Story } from '../story/story';

const CALM_MS = 300;

/** The gateway's explanation of a run, a moment after the request or what is stored has changed; undefined if there is no request. */
export function useExplanation(story: Story, body: string | undefined, moment?: string): Explanation | undefined {
  const [explained, setExplained] = useState<Explanation>();
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      if (body === undefined) return setExplained(undefined);
      ask<Explanation>('POST', `${story.path}/explain`, JSON.parse(body) as object)
        .then((answer) => isOver || setExplained(answer.body))
        .catch(() => isOver || setExplained(undefined));
    }, CALM_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [story, body, moment]);
  return explained;
}

/** What a run would produce again after saving, and for how much. A line keeps its place until it is known. */
export function Consequence({ story, changes }: { readonly story: Story; readonly changes: object | undefined }) {
  const explained = useExplanation(story, changes && JSON.stringify({ changes }));
  if (!changes) return null;
  return explained ? <WouldMake explained={explained} /> : <p class="pricing">{t().pricing}</p>;
}

/** The number of things that would be made, the price, and each thing with the reason. */
export function WouldMake({ explained }: { readonly explained: Explanation }) {
  const words = t();
  const made = explained.lanes.filter(({ reason }) => reason !== 'reused');
  const { cost } = explained.estimate;
  return (
    <details class="consequence">
      <summary>{words.wouldRemake(made.length, cost ? words.wouldCost(priceOf(cost)) : words.priceUnknown)}</summary>
      <ul>
        {made.map(({ lane, reason, changed = [] }) => (
          <li key={lane}>
            {words.named(
              laneName(lane),
              changed.length === 0
                ? words.reason(reason)
                : words.aside(words.reason(reason), words.list(changed.map(inputName))),
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The name of an input for a person. The inputs of a film are its scenes. */
function inputName(input: string): string {
  const scene = /^scene (\d+)$/.exec(input)?.[1];
  return scene === undefined ? t().input(input) : t().sceneNumber(Number(scene));
}
