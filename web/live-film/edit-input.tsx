import { Choice } from '../parts/choice';
import { faultOf, type FieldFaults } from '../parts/field-faults';
import { focusNew } from '../parts/focus';
import type { EditFieldProps } from './edit-field';

interface EditInputProps extends Pick<EditFieldProps, 'label' | 'rows' | 'number' | 'choices'> {
  readonly value: string;
  readonly faults: FieldFaults;
  readonly at: string;
  readonly onChange: (value: string) => void;
  readonly onSave: () => void;
  readonly onLeave: () => void;
}

/** A choice, a number or a text. A text is saved with Ctrl Enter, and left with Escape. */
export function EditInput(props: EditInputProps) {
  const { label, rows = 3, number = false, choices, value, faults, at, onChange, onSave, onLeave } = props;
  if (choices) return <Choice label={label} choices={choices} value={value} onChange={onChange} />;
  if (number)
    return (
      <input
        type="number"
        step="any"
        value={value}
        {...faultOf(faults, at)}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <textarea
      rows={rows}
      dir="auto"
      value={value}
      ref={focusNew}
      {...faultOf(faults, at)}
      onInput={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) onSave();
        if (event.key === 'Escape') onLeave();
      }}
    />
  );
}
