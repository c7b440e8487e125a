/** What a field of an input must be and is not, for readers who have their own words for it. */
export const FIELD_RULES = [
  'empty',
  'too_many_bytes',
  'too_many_characters',
  'too_many',
  'too_small',
  'too_big',
  'not_whole',
  'no_batch_name',
] as const;
export type FieldRule = (typeof FIELD_RULES)[number];

/** The rule that a field breaks, with its bound. Absent if only the sentence states what is wrong. */
export interface BrokenRule {
  readonly rule?: FieldRule;
  readonly least?: number;
  readonly most?: number;
}

/** The fault of one field, by its place in the body (RFC 6901). */
export interface FieldError extends BrokenRule {
  readonly pointer: string;
  readonly detail: string;
}
