import { useEffect, useRef, useState } from 'preact/hooks';
import type { FieldError } from '../../src/protocol';
import { Problem } from '../api/ask';
import { t } from '../i18n';

/** What is wrong with the fields of a form, by their pointers in the body that it sends. */
export type FieldFaults = ReadonlyMap<string, FieldError>;

/** The faults of a form. The first faulty field gets the focus when they are set. */
export function useFieldFaults<Form extends HTMLElement = HTMLFormElement>() {
  const form = useRef<Form>(null);
  const [faults, setFaults] = useState<FieldFaults>(new Map());
  useEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [faults]);
  const set = (errors: readonly FieldError[]) => setFaults(new Map(errors.map((each) => [each.pointer, each])));
  /** Sends the form. What the gateway refuses now is set, and thrown on. */
  const sending = async <T,>(send: () => Promise<T>): Promise<T> => {
    set([]);
    try {
      return await send();
    } catch (error) {
      if (error instanceof Problem) set(error.errors);
      throw error;
    }
  };
  return { form, faults, set, sending };
}

const idOf = (pointer: string) => `fault${pointer.replaceAll('/', '-')}`;

/** The attributes of a field, by which its fault is read with it. */
export function faultOf(faults: FieldFaults, at: string, hint?: string) {
  const isFaulty = faults.has(at);
  const described = [hint, isFaulty ? idOf(at) : undefined].filter((each) => each !== undefined).join(' ');
  return { 'aria-invalid': isFaulty, ...(described && { 'aria-describedby': described }) };
}

/** In the language of the page, if the rule that is broken is known there. */
export function FieldFault({ faults, at }: { readonly faults: FieldFaults; readonly at: string }) {
  const fault = faults.get(at);
  return fault === undefined ? null : (
    <span class="field-error" id={idOf(at)}>
      <span aria-hidden="true">⚠</span> {t().fieldFault(fault)}
    </span>
  );
}
