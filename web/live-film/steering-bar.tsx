import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { Confirm } from '../parts/dialog';
import { navigate } from '../router';
import type { Story } from '../story/story';
import { deletionRecipe } from './recipes';
import { ShareLinks } from './share-links';
import { commandsFor, requestOf, send, type Command } from './steering';

const KEYS: Partial<Record<Command, string>> = { pause_now: 'p', resume: 'r' };

/** Only the messages that the run accepts now. The page changes after the gateway's answer, never before. */
export function SteeringBar({ story }: { readonly story: Story }) {
  const words = t();
  const [asking, setAsking] = useState<'cancel' | 'delete' | 'share'>();
  const status = story.status;
  const commands = commandsFor(status);
  // A run that would make nothing is possible, and nothing to press for.
  const makesSomething = story.ahead.value?.lanes.some(({ reason }) => reason !== 'reused') ?? status === 'draft';
  const hint: Partial<Record<Command, string>> = { pause: words.pauseHint, pause_now: words.pauseNowHint };
  const remove = async () => {
    if (await act(words.deleteFilm, () => ask('DELETE', story.path))) navigate('/');
  };
  return (
    <div class="steering" role="group" aria-label={words.more}>
      {commands.map((command) => (
        <Button
          key={command}
          name={requestOf(story, command).name}
          kind={command === 'resume' || (command === 'start' && makesSomething) ? 'main' : 'plain'}
          keys={KEYS[command]}
          title={hint[command]}
          onClick={() => (command === 'cancel' ? setAsking('cancel') : void send(story, command))}
        >
          {requestOf(story, command).name}
        </Button>
      ))}
      <details class="menu">
        <summary class="button quiet" aria-label={words.more}>
          ⋯
        </summary>
        <div class="menu-body">
          {commands.map((command) => (
            <p key={command}>
              {requestOf(story, command).name} <CopyAs recipe={requestOf(story, command).recipe} />
            </p>
          ))}
          <Button onClick={() => setAsking('share')}>{words.shareLinks}</Button>
          {commands.includes('start') && (
            <>
              <Button kind="danger" onClick={() => setAsking('delete')}>
                {words.deleteFilm}
              </Button>
              <CopyAs recipe={deletionRecipe(story)} />
            </>
          )}
        </div>
      </details>
      {asking === 'share' && <ShareLinks story={story} onClose={() => setAsking(undefined)} />}
      {asking === 'cancel' && (
        <Confirm
          question={words.confirmCancel}
          action={words.cancel}
          onConfirm={() => void send(story, 'cancel')}
          onClose={() => setAsking(undefined)}
        />
      )}
      {asking === 'delete' && (
        <Confirm
          question={words.confirmDelete}
          action={words.deleteFilm}
          onConfirm={() => void remove()}
          onClose={() => setAsking(undefined)}
        />
      )}
    </div>
  );
}
