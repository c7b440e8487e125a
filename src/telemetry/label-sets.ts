export type Labels<Label extends string> = Readonly<Record<Label, string>>;

/**
 * The values of a metric's labels. All known sets appear from the first scrape on, because a counter that appears with
 * its first event shows no increase. All others are counted as `other`, so that their number stays small.
 */
export interface LabelSets<Label extends string> {
  /** In the order in which they are shown. */
  readonly names: readonly Label[];
  known(): readonly Labels<Label>[];
  /** The set under which this one is counted. */
  admit(labels: Labels<Label>): Labels<Label>;
}

export const OTHER = 'other';

/** Every combination of these values. */
export function fixedSets<Label extends string>(values: Readonly<Record<Label, readonly string[]>>): LabelSets<Label> {
  const names = Object.keys(values) as Label[];
  const known = names.reduce<Record<string, string>[]>(
    (sets, name) => sets.flatMap((set) => values[name].map((value) => ({ ...set, [name]: value }))),
    [{}],
  ) as Labels<Label>[];
  return {
    names,
    known: () => known,
    admit: (labels) => {
      const admitted = names.map((name) => [name, values[name].includes(labels[name]) ? labels[name] : OTHER]);
      return Object.fromEntries(admitted) as Labels<Label>;
    },
  };
}
