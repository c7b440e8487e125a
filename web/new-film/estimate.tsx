import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import type { Estimate as Estimated, Range } from '../api/types';
import { number, priceOf } from '../i18n/format';
import { t } from '../i18n';

const CALM_MS = 400;

interface EstimateProps {
  /** The usual number if absent. */
  readonly scenes?: number;
  readonly films?: number;
}

/** The gateway's estimate of what films cost. Its line has its place before it is known. */
export function Estimate({ scenes, films = 1 }: EstimateProps) {
  const [estimate, setEstimate] = useState<Estimated>();
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      ask<Estimated>('POST', '/v1/estimates', { settings: { ...(scenes !== undefined && { scenes }) } })
        .then(({ body }) => isOver || setEstimate(body))
        .catch(() => isOver || setEstimate(undefined));
    }, CALM_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [scenes]);
  const words = t();
  const { cost, stages = [] } = estimate ?? {};
  return (
    <details class="estimate">
      <summary>
        {words.named(words.estimate)}
        <strong>{cost ? priceOf(times(cost, films)) : estimate ? words.priceUnknown : '…'}</strong>
      </summary>
      <ul>
        {stages.map(({ stage, calls, cost: part }, i) => (
          <li key={i}>
            {words.named(
              `${words.stage(stage)} × ${number(calls * films)}`,
              part ? priceOf(times(part, films)) : words.priceUnknown,
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

const times = ({ least, most }: Range, n: number): Range => ({ least: least * n, most: most * n });
