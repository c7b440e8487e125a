import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import type { Explanation } from '../api/types';
import { t } from '../i18n';
import { priceOf } from '../i18n/format';
import type { Story } from '../story/story';
import { laneName } from './attention-tray';

const CALM_MS = 300;

/** The gateway's explanation of a run, a moment after the request has changed; undefined if there is no request. */
export function useExplanation(story: Story, body: string | undefined, version?: number): Explanation | undefined {
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
  }, [story, body, version]);
  return explained;
}

/** What a run would produce again after saving, and for how much. */
export function Consequence({ story, changes }: { readonly story: Story; readonly changes: object | undefined }) {
  const words = t();
  const explained = useExplanation(story, changes && JSON.stringify({ changes }));
  if (!explained) return null;
  const remade = explained.lanes.filter(({ reason }) => reason !== 'reused');
  const { cost } = explained.estimate;
  return (
    <details class="consequence">
      <summary>
        {words.wouldRemake(remade.length)}
        {remade.length > 0 && `, ${cost ? words.wouldCost(priceOf(cost)) : words.priceUnknown}`}
      </summary>
      <ul>
        {remade.map(({ lane, reason }) => (
          <li key={lane}>
            {laneName(lane)}: {words.reason(reason)}
          </li>
        ))}
      </ul>
    </details>
  );
}
