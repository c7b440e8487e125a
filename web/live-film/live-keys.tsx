import { t } from '../i18n';
import { useKeys } from '../parts/use-keys';
import { setQuery } from '../router';
import type { Story } from '../story/story';
import { waitingLanes } from './attention-tray';
import { approve, waitingGate } from './gate-bar';
import { commandsFor, send, type Command } from './steering';

/** The keys of the live film: those of what can be done now. */
export function LiveKeys({ story, scene }: { readonly story: Story; readonly scene: number | undefined }) {
  const words = t();
  const commands = commandsFor(story.status);
  const gate = waitingGate(story);
  const parked = waitingLanes(story);
  const can = (command: Command, label: string) =>
    commands.includes(command) ? { label, run: () => void send(story, command) } : undefined;
  const press = (keys: string) => () => {
    const button = document.querySelector<HTMLButtonElement>(`button[aria-keyshortcuts="${keys}"]`);
    button?.click();
  };
  const move = (step: number) => () => {
    const numbers = story.model.now.scenes.map(({ scene_number: n }) => n);
    const next = numbers[Math.min(Math.max(numbers.indexOf(scene ?? 0) + step, 0), numbers.length - 1)];
    if (next === undefined) return;
    setQuery('scene', String(next));
    document.getElementById(`scene-${next}`)?.scrollIntoView({ block: 'nearest' });
  };
  useKeys({
    p: can('pause_now', words.pauseNow),
    P: can('pause', words.pause),
    r: can('resume', words.resume),
    a: gate === undefined ? undefined : { label: words.approve, run: () => void approve(story, gate) },
    x: gate === undefined ? undefined : { label: words.reject, run: press('x') },
    t: parked[0] && { label: words.retry, run: press('t') },
    s: parked[0] && { label: words.skip, run: press('s') },
    c: { label: words.stopLane, run: press('c') },
    e: { label: words.edit, run: press('e') },
    j: { label: words.next, run: move(1) },
    k: { label: words.previous, run: move(-1) },
    w: { label: words.theatre, run: press('w') },
    h: { label: words.historyTab, run: () => setQuery('tab', 'history') },
    v: { label: words.eventsTab, run: () => setQuery('tab', 'events') },
    i: { label: words.inspector, run: () => document.getElementById('inspector')?.focus() },
    '.': {
      label: words.newText,
      run: () => document.querySelector('#script .block:last-child')?.scrollIntoView({ block: 'center' }),
    },
  });
  return null;
}
