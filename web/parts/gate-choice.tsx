import { STAGES } from '../../src/protocol';
import { t } from '../i18n';

interface GateChoiceProps {
  readonly gates: readonly string[];
  readonly onChange: (gates: readonly string[]) => void;
}

/** The stages as a rail, each with a stop after it that can be chosen. */
export function GateChoice({ gates, onChange }: GateChoiceProps) {
  const words = t();
  return (
    <fieldset>
      <legend>{words.stopHere}</legend>
      <p class="hint">{words.gatesHint}</p>
      <div class="gates">
        {STAGES.filter(({ name }) => name !== 'film').map(({ name }) => (
          <label key={name} class="gate">
            <input
              type="checkbox"
              aria-label={words.stopAfter(words.stage(name))}
              checked={gates.includes(name)}
              onChange={(event) =>
                onChange(event.currentTarget.checked ? [...gates, name] : gates.filter((gate) => gate !== name))
              }
            />
            <span>{words.stage(name)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
