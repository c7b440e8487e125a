import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { money } from '../i18n/format';
import { t } from '../i18n';

interface Estimated {
  readonly low?: number;
  readonly high?: number;
  readonly unpriced?: unknown;
}

const CALM_MS = 400;

/** The gateway's estimate of the film's cost; empty if there is none. */
export function Estimate({ scenes, topic }: { readonly scenes: number; readonly topic: string }) {
  const [estimate, setEstimate] = useState<Estimated>();
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      ask<Estimated>('POST', '/v1/estimates', { topic: topic || 'a film', settings: { scenes } })
        .then(({ body }) => isOver || setEstimate(body))
        .catch(() => isOver || setEstimate(undefined));
    }, CALM_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [scenes, topic]);
  if (estimate?.high === undefined) return null;
  const { low = 0, high, unpriced } = estimate;
  return (
    <p class="estimate">
      {t().estimate}: <strong>{low === high ? money(high) : `${money(low)} – ${money(high)}`}</strong>
      {Boolean(unpriced) && <span class="quiet-text"> · {t().costUnpriced}</span>}
    </p>
  );
}
