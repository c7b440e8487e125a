import { useEffect, useRef } from 'preact/hooks';
import { number } from '../i18n/format';
import { t } from '../i18n';
import type { StoryModel } from '../story/story-model';
import { TextView } from './text-view';

interface LaneTextProps {
  readonly model: StoryModel;
  readonly lane: string;
  readonly isLive: boolean;
  readonly label: string;
  /** The language of the text, where it is known. */
  readonly lang?: string | undefined;
  /** Drawn ten times a second only, because it is not what the person looks at. */
  readonly calm?: boolean;
}

/** A lane's text as it grows. Preact draws the frame, `TextView` the text. */
export function LaneText({ model, lane, isLive, label, lang, calm = false }: LaneTextProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!element.current) return undefined;
    const markOf = (offset: number) => t().continuedFrom(number(offset));
    const view = new TextView(element.current, () => model.lane(lane), { calm, markOf });
    const stop = model.onText(lane, view.plan);
    return () => {
      stop();
      view.close();
    };
  }, [model, lane, calm]);
  return (
    <div
      class="lane-text"
      role="region"
      aria-label={label}
      lang={lang}
      dir="auto"
      aria-busy={isLive}
      data-live={isLive}
      ref={element}
    />
  );
}
