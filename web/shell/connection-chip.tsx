import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import type { Words } from '../i18n/en';
import type { Connection, StoryStream } from '../story/story-stream';

/** The stream of the film that is shown. */
export const shownStream = signal<StoryStream | undefined>(undefined);

const QUIET_MS = 2_000;

const LOOKS: Record<Connection, { readonly mark: string; readonly word: keyof Words; readonly more?: keyof Words }> = {
  connecting: { mark: '◌', word: 'connecting' },
  catching_up: { mark: '◐', word: 'catchingUp' },
  live: { mark: '●', word: 'live' },
  reconnecting: { mark: '◌', word: 'reconnecting' },
  ended: { mark: '■', word: 'ended' },
  let_go: { mark: '◌', word: 'letGo' },
  signed_out: { mark: '⏻', word: 'signedOut' },
  behind: { mark: '◐', word: 'streamBehind' },
  away: { mark: '▲', word: 'streamAway', more: 'streamAwayMore' },
  not_found: { mark: '✗', word: 'notFound' },
};

/** The state of the connection, by a shape and a word. A short disconnect is not shown. */
export function ConnectionChip() {
  const stream = shownStream.value;
  const now = stream?.connection.value;
  const [settled, setSettled] = useState(now);
  useEffect(() => {
    const isBrief = now === 'reconnecting' || now === 'connecting' || now === 'catching_up';
    const timer = setTimeout(() => setSettled(now), isBrief ? QUIET_MS : 0);
    return () => clearTimeout(timer);
  }, [now]);
  if (!stream || settled === undefined) return null;
  const words = t();
  const { mark, word, more } = LOOKS[settled];
  return (
    <span class={`chip connection-${settled}`}>
      <span aria-hidden="true">{mark}</span>{' '}
      <span role="status">
        {words[word] as string}
        {more && <span class="chip-more">{words[more] as string}</span>}
      </span>
      {settled === 'reconnecting' && (
        <button type="button" class="link" onClick={stream.now}>
          {words.reconnectNow}
        </button>
      )}
    </span>
  );
}
