import { useEffect, useRef, useState } from 'preact/hooks';
import { MAX_SCENES, TEXT_BYTES, stageOfRole, utf8Bytes } from '../../src/protocol';
import { ask } from '../api/ask';
import { number } from '../i18n/format';
import { t } from '../i18n';
import { act } from '../parts/act';
import { Button } from '../parts/button';
import { Choice } from '../parts/choice';
import { CopyAs } from '../parts/copy-as';
import { FieldFault, faultOf, useFieldFaults } from '../parts/field-faults';
import { GateChoice } from '../parts/gate-choice';
import { keep, kept } from '../parts/kept';
import { Screen } from '../parts/screen';
import { frameChoices, languageChoices } from '../parts/setting-choices';
import { navigate } from '../router';
import { Estimate } from './estimate';
import { newFilmRecipe } from './recipe';

interface Form {
  readonly topic: string;
  readonly name: string;
  readonly scenes: string;
  readonly style: string;
  readonly language: string;
  readonly frame: string;
  readonly gates: readonly string[];
  readonly budget: string;
  readonly onFailure: 'park' | 'fail';
  readonly priority: string;
}

const BLANK: Form = {
  topic: '',
  name: '',
  scenes: '6',
  style: '',
  language: '',
  frame: '',
  gates: [stageOfRole('scenes').name],
  budget: '',
  onFailure: 'park',
  priority: '',
};

function draft(): Form {
  try {
    return { ...BLANK, ...(JSON.parse(kept('new-film') ?? '{}') as Partial<Form>) };
  } catch {
    return BLANK;
  }
}

/** The body of `POST /v1/projects`. */
function bodyOf(form: Form, isStarted: boolean) {
  const { topic, name, scenes, style, language, frame, gates, budget, onFailure, priority } = form;
  return {
    topic,
    ...(name.trim() && { name }),
    settings: {
      ...(scenes && { scenes: Number(scenes) }),
      ...(style.trim() && { style }),
      ...(language && { language }),
      ...(frame && { frame }),
    },
    ...(budget && { budget: Number(budget) }),
    ...(isStarted && {
      start: {
        ...(gates.length > 0 && { gates }),
        ...(onFailure !== 'park' && { onFailure }),
        ...(priority && { priority: Number(priority) }),
      },
    }),
  };
}

export function NewFilm() {
  const words = t();
  const [form, setForm] = useState(draft);
  const { form: element, faults, set: setFaults, sending } = useFieldFaults();
  // One for all tries of this form, so that a double click makes one film.
  const [requestId, setRequestId] = useState(() => crypto.randomUUID());
  const topic = useRef<HTMLTextAreaElement>(null);
  useEffect(() => topic.current?.focus(), []);
  useEffect(() => keep('new-film', JSON.stringify(form)), [form]);
  const set = (change: Partial<Form>) => {
    setForm({ ...form, ...change });
    setRequestId(crypto.randomUUID());
  };
  const send = async (isStarted: boolean) => {
    if (form.topic.trim() === '') {
      setFaults([{ pointer: '/topic', detail: words.fieldRequired }]);
      return;
    }
    let projectId: string | undefined;
    const isMade = await act(isStarted ? words.makeFilm : words.saveOnly, async () => {
      const headers = { 'idempotency-key': requestId };
      const { body } = await sending(() =>
        ask<{ projectId: string }>('POST', '/v1/projects', bodyOf(form, isStarted), headers),
      );
      projectId = body.projectId;
    });
    if (!isMade || projectId === undefined) return;
    keep('new-film', undefined);
    navigate(`/p/${projectId}`);
  };
  return (
    <Screen title={words.newFilm}>
      <form
        class="form"
        ref={element}
        onSubmit={(event) => {
          event.preventDefault();
          void send(true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && !event.isComposing) void send(true);
        }}
      >
        <label class="field">
          <span>{words.topic}</span>
          <textarea
            ref={topic}
            rows={4}
            value={form.topic}
            {...faultOf(faults, '/topic', 'topic-hint')}
            onInput={(event) => set({ topic: event.currentTarget.value })}
          />
          <span class="hint" id="topic-hint">
            {words.topicHint}{' '}
            <span class="figure">{words.bytesOf(number(utf8Bytes(form.topic)), number(TEXT_BYTES.topic))}</span>
          </span>
          <FieldFault faults={faults} at="/topic" />
        </label>
        <div class="fields">
          <label class="field">
            <span>{words.scenes}</span>
            <input
              type="number"
              min={1}
              max={MAX_SCENES}
              value={form.scenes}
              {...faultOf(faults, '/settings/scenes')}
              onInput={(event) => set({ scenes: event.currentTarget.value })}
            />
            <FieldFault faults={faults} at="/settings/scenes" />
          </label>
          <label class="field">
            <span>{words.storyLanguage}</span>
            <Choice
              label={words.storyLanguage}
              choices={languageChoices(form.language)}
              value={form.language}
              onChange={(language) => set({ language })}
            />
            <FieldFault faults={faults} at="/settings/language" />
          </label>
          <label class="field">
            <span>{words.frame}</span>
            <Choice
              label={words.frame}
              choices={frameChoices(form.frame)}
              value={form.frame}
              onChange={(frame) => set({ frame })}
            />
            <FieldFault faults={faults} at="/settings/frame" />
          </label>
          <label class="field grow">
            <span>
              {words.style} <i>{words.optional}</i>
            </span>
            <input
              value={form.style}
              {...faultOf(faults, '/settings/style')}
              onInput={(event) => set({ style: event.currentTarget.value })}
            />
            <span class="hint">{words.styleHint}</span>
            <FieldFault faults={faults} at="/settings/style" />
          </label>
        </div>
        <GateChoice gates={form.gates} onChange={(gates) => set({ gates })} />
        <details open={faults.has('/name') || faults.has('/budget')}>
          <summary>{words.advanced}</summary>
          <div class="fields">
            <label class="field grow">
              <span>
                {words.name} <i>{words.optional}</i>
              </span>
              <input
                value={form.name}
                {...faultOf(faults, '/name')}
                onInput={(event) => set({ name: event.currentTarget.value })}
              />
              <FieldFault faults={faults} at="/name" />
            </label>
            <label class="field">
              <span>
                {words.budget} <i>{words.optional}</i>
              </span>
              <input
                type="number"
                min={0}
                step="any"
                value={form.budget}
                {...faultOf(faults, '/budget')}
                onInput={(event) => set({ budget: event.currentTarget.value })}
              />
              <span class="hint">{words.budgetHint}</span>
              <FieldFault faults={faults} at="/budget" />
            </label>
            <label class="field">
              <span>{words.onFailure}</span>
              <select
                value={form.onFailure}
                onChange={(event) => set({ onFailure: event.currentTarget.value as Form['onFailure'] })}
              >
                <option value="park">{words.onFailurePark}</option>
                <option value="fail">{words.onFailureFail}</option>
              </select>
            </label>
            <label class="field">
              <span>{words.priority}</span>
              <select value={form.priority} onChange={(event) => set({ priority: event.currentTarget.value })}>
                <option value="">–</option>
                {[1, 2, 3, 4, 5].map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </select>
              <span class="hint">{words.priorityHint}</span>
            </label>
          </div>
        </details>
        <Estimate scenes={Number(form.scenes) || 6} />
        <div class="actions">
          <button class="button main" aria-keyshortcuts="Control+Enter">
            {words.makeFilm} <kbd aria-hidden="true">Ctrl ↵</kbd>
          </button>
          <Button name={words.saveOnly} onClick={() => void send(false)}>
            {words.saveOnly}
          </Button>
          <CopyAs recipe={newFilmRecipe(bodyOf(form, true))} />
        </div>
      </form>
    </Screen>
  );
}
