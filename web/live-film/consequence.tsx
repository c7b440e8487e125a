import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import type { Explanation } from '../api/types';
import { t } from '../i18n';
import { priceOf } from '../i18n/format';
import type { Story } from '../story/story';
import { laneName } from './attention-tray';

const CALM_MS = 300;

/** What a run would produce again after saving, and for how much. */
export function Consequence({ story, changes }: { readonly story: Story; readonly changes: object | undefined }) {
  const words = t();
  const [explained, setExplained] = useState<Explanation>();
  const body = changes && JSON.stringify(changes);
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      if (body === undefined) return setExplained(undefined);
      ask<Explanation>('POST', `${story.path}/explain`, { changes: JSON.parse(body) as object })
        .then((answer) => isOver || setExplained(answer.body))
        .catch(() => isOver || setExplained(undefined));
    }, CALM_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [story, body]);
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
