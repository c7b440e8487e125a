import { MAX_SCENES, TEXT_BYTES, utf8Bytes } from '../../src/protocol';
import { number } from '../i18n/format';
import { t } from '../i18n';
import { Choice } from '../parts/choice';
import { FieldFault, faultOf, type FieldFaults } from '../parts/field-faults';
import { frameChoices, languageChoices } from '../parts/setting-choices';
import type { FilmDraft } from './film-draft';

interface FieldsProps {
  readonly draft: FilmDraft;
  readonly faults: FieldFaults;
  readonly set: (change: Partial<FilmDraft>) => void;
}

export function TopicField({ draft, faults, set }: FieldsProps) {
  const words = t();
  return (
    <label class="field">
      <span>{words.topic}</span>
      <textarea
        rows={4}
        dir="auto"
        value={draft.topic}
        {...faultOf(faults, '/topic', 'topic-hint')}
        onInput={(event) => set({ topic: event.currentTarget.value })}
      />
      <span class="hint" id="topic-hint">
        {words.topicHint}{' '}
        <span class="figure">{words.bytesOf(number(utf8Bytes(draft.topic)), number(TEXT_BYTES.topic))}</span>
      </span>
      <FieldFault faults={faults} at="/topic" />
    </label>
  );
}

/** The settings of the film. */
export function SettingFields({ draft, faults, set }: FieldsProps) {
  const words = t();
  return (
    <div class="fields">
      <label class="field">
        <span>{words.scenes}</span>
        <input
          type="number"
          min={1}
          max={MAX_SCENES}
          value={draft.scenes}
          {...faultOf(faults, '/settings/scenes')}
          onInput={(event) => set({ scenes: event.currentTarget.value })}
        />
        <FieldFault faults={faults} at="/settings/scenes" />
      </label>
      <label class="field">
        <span>{words.storyLanguage}</span>
        <Choice
          label={words.storyLanguage}
          choices={languageChoices(draft.language)}
          value={draft.language}
          onChange={(language) => set({ language })}
        />
        <FieldFault faults={faults} at="/settings/language" />
      </label>
      <label class="field">
        <span>{words.frame}</span>
        <Choice
          label={words.frame}
          choices={frameChoices(draft.frame)}
          value={draft.frame}
          onChange={(frame) => set({ frame })}
        />
        <FieldFault faults={faults} at="/settings/frame" />
      </label>
      <label class="field grow">
        <span>
          {words.style} <i>{words.optional}</i>
        </span>
        <input
          value={draft.style}
          {...faultOf(faults, '/settings/style')}
          onInput={(event) => set({ style: event.currentTarget.value })}
        />
        <span class="hint">{words.styleHint}</span>
        <FieldFault faults={faults} at="/settings/style" />
      </label>
    </div>
  );
}

/** What is wanted less often. It opens if something in it is wrong. */
export function MoreFields({ draft, faults, set }: FieldsProps) {
  const words = t();
  return (
    <details open={faults.has('/name') || faults.has('/budget')}>
      <summary>{words.advanced}</summary>
      <div class="fields">
        <label class="field grow">
          <span>
            {words.name} <i>{words.optional}</i>
          </span>
          <input
            value={draft.name}
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
            value={draft.budget}
            {...faultOf(faults, '/budget')}
            onInput={(event) => set({ budget: event.currentTarget.value })}
          />
          <span class="hint">{words.budgetHint}</span>
          <FieldFault faults={faults} at="/budget" />
        </label>
        <label class="field">
          <span>{words.onFailure}</span>
          <select
            value={draft.onFailure}
            onChange={(event) => set({ onFailure: event.currentTarget.value as FilmDraft['onFailure'] })}
          >
            <option value="park">{words.onFailurePark}</option>
            <option value="fail">{words.onFailureFail}</option>
          </select>
        </label>
        <label class="field">
          <span>{words.priority}</span>
          <select value={draft.priority} onChange={(event) => set({ priority: event.currentTarget.value })}>
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
  );
}
