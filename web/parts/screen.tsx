import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { waitingCount } from '../shell/waiting-count';

interface ScreenProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly wide?: boolean;
}

let isFirst = true;

/** One screen: its heading has the focus after a change of the screen, so that a reader begins there. */
export function Screen({ title, children, aside, wide = false }: ScreenProps) {
  const count = waitingCount.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
  }, []);
  useEffect(() => {
    document.title = `${count === '' ? '' : `(${count}) `}${title} · Storyreel`;
  }, [title, count]);
  return (
    <main id="content" class={wide ? 'screen wide' : 'screen'}>
      <header class="screen-head">
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {aside}
      </header>
      {children}
    </main>
  );
}
