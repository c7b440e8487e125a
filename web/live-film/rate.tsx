import { useRef } from 'preact/hooks';
import { number } from '../i18n/format';
import { t } from '../i18n';
import { useCalm } from '../parts/use-calm';
import type { Story } from '../story/story';

/** Over so many milliseconds. */
const SPAN_MS = 2_000;

/** How fast a text comes, by what has come in the last two seconds. */
export function Rate({ story, lane }: { readonly story: Story; readonly lane: string }) {
  const seen = useRef<readonly (readonly [at: number, offset: number])[]>([]);
  // A text that does not grow has a rate, too.
  useCalm(() => Math.floor(performance.now() / 500));
  const now = performance.now();
  const offset = story.model.lane(lane)?.offset ?? 0;
  seen.current = [...seen.current.filter(([at]) => now - at < SPAN_MS), [now, offset]];
  const [first, before] = seen.current[0] ?? [now, offset];
  const passed = now - first;
  if (passed < SPAN_MS / 4 || offset < before) return null;
  return <span class="quiet-text figure">{t().bytesPerSecond(number(((offset - before) * 1_000) / passed))}</span>;
}
