import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { CopyAs } from '../parts/copy-as';
import { useFieldFaults } from '../parts/field-faults';
import { GateChoice } from '../parts/gate-choice';
import { keep } from '../parts/kept';
import { Screen } from '../parts/screen';
import { navigate } from '../router';
import { Estimate } from './estimate';
import { MoreFields, SettingFields, TopicField } from './fields';
import { bodyOf, keptDraft, type FilmDraft } from './film-draft';
import { newFilmRecipe } from './recipe';

export function NewFilm() {
  const words = t();
  const [draft, setDraft] = useState(keptDraft);
  const { form, faults, set: setFaults, sending } = useFieldFaults();
  // One for all tries of this form, so that a double click makes one film.
  const [requestId, setRequestId] = useState(() => crypto.randomUUID());
  useEffect(() => form.current?.querySelector('textarea')?.focus(), []);
  useEffect(() => keep('new-film', JSON.stringify(draft)), [draft]);
  const set = (change: Partial<FilmDraft>) => {
    setDraft({ ...draft, ...change });
    setRequestId(crypto.randomUUID());
  };
  const send = async (isStarted: boolean) => {
    if (draft.topic.trim() === '') {
      setFaults([{ pointer: '/topic', detail: words.fieldRequired }]);
      return;
    }
    let projectId: string | undefined;
    const isMade = await act(isStarted ? words.makeFilm : words.saveOnly, async () => {
      const headers = { 'idempotency-key': requestId };
      const { body } = await sending(() =>
        ask<{ projectId: string }>('POST', '/v1/projects', bodyOf(draft, isStarted), headers),
      );
      projectId = body.projectId;
    });
    if (!isMade || projectId === undefined) return;
    keep('new-film', undefined);
    navigate(`/p/${projectId}`);
  };
  const fields = { draft, faults, set };
  return (
    <Screen title={words.newFilm}>
      <form
        class="form"
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void send(true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && !event.isComposing) void send(true);
        }}
      >
        <TopicField {...fields} />
        <SettingFields {...fields} />
        <GateChoice gates={draft.gates} onChange={(gates) => set({ gates })} />
        <MoreFields {...fields} />
        <Estimate scenes={Number(draft.scenes) || 6} />
        <div class="actions">
          <button class="button main" aria-keyshortcuts="Control+Enter">
            {words.makeFilm} <kbd aria-hidden="true">Ctrl ↵</kbd>
          </button>
          <Button name={words.saveOnly} onClick={() => void send(false)}>
            {words.saveOnly}
          </Button>
          <CopyAs recipe={newFilmRecipe(bodyOf(draft, true))} />
        </div>
      </form>
    </Screen>
  );
}
