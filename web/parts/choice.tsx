import type { Choice as Offered } from './setting-choices';

interface ChoiceProps {
  readonly choices: readonly Offered[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label?: string;
}

export function Choice({ choices, value, onChange, label }: ChoiceProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {choices.map(([word, name]) => (
        <option key={word} value={word}>
          {name}
        </option>
      ))}
    </select>
  );
}
