import { useEffect, useRef } from 'preact/hooks';
import { number } from '../i18n/format';
import { t } from '../i18n';
import type { LiveText } from '../story/live-text';
import { TextBlocks } from './text-blocks';

interface LaneTextProps {
  readonly text: LiveText;
  readonly isLive: boolean;
  readonly label: string;
  /** Drawn ten times a second only, because it is not what the person looks at. */
  readonly calm?: boolean;
}

/** A lane's text as it grows. Preact draws the frame, `TextBlocks` the text. */
export function LaneText({ text, isLive, label, calm = false }: LaneTextProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!element.current) return undefined;
    const blocks = new TextBlocks(element.current, {
      calm,
      markOf: (_, offset) => t().continuedFrom(number(offset)),
    });
    const hide = text.show(blocks);
    return () => {
      hide();
      blocks.close();
    };
  }, [text, calm]);
  return <div class="lane-text" role="region" aria-label={label} aria-busy={isLive} data-live={isLive} ref={element} />;
}
