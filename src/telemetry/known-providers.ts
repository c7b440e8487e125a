import { LANE_KINDS, type LaneKind } from '../protocol';
import { fixedSets, OTHER, type Labels, type LabelSets } from './label-sets';

/** The kinds of results that providers make. */
export type ProviderKind = Exclude<LaneKind, 'film'>;
export const PROVIDER_KINDS: readonly ProviderKind[] = LANE_KINDS.filter((kind) => kind !== 'film');

/** The most providers of each kind; further ones are counted together. */
const MAX_PROVIDERS = 32;

/**
 * The providers that have series of their own. They are rows that an operator adds at any time: those that are there are
 * named at each scrape, before anything is asked of them.
 */
export class KnownProviders {
  private readonly names = new Map<string, Set<string>>(PROVIDER_KINDS.map((kind) => [kind, new Set()]));

  /** Returns the name under which the provider is counted. */
  admit(kind: string, name: string): string {
    const names = this.names.get(kind);
    if (!names || name === '' || (names.size >= MAX_PROVIDERS && !names.has(name))) return OTHER;
    names.add(name);
    return name;
  }

  /** The label sets of providers of one kind, with these other labels before their name. */
  ofKind<Label extends string>(
    kind: ProviderKind,
    others: Readonly<Record<Label, readonly string[]>>,
  ): LabelSets<Label | 'provider'> {
    const rest = fixedSets(others);
    return {
      names: [...rest.names, 'provider'],
      known: () =>
        rest.known().flatMap((set) => this.of(kind).map((provider) => merged<Label | 'provider'>(set, { provider }))),
      admit: (labels) => merged(rest.admit(labels), { provider: this.admit(kind, labels.provider) }),
    };
  }

  /** The label sets of providers of every kind, with these other labels after their name and kind. */
  ofEachKind<Label extends string = never>(
    others: Readonly<Record<Label, readonly string[]>>,
  ): LabelSets<'provider' | 'kind' | Label> {
    const rest = fixedSets(others);
    const sets = (kind: ProviderKind) =>
      this.of(kind).flatMap((provider) =>
        rest.known().map((set) => merged<'provider' | 'kind' | Label>({ provider, kind }, set)),
      );
    return {
      names: ['provider', 'kind', ...rest.names],
      known: () => PROVIDER_KINDS.flatMap(sets),
      admit: (labels) => {
        const kind = this.names.has(labels.kind) ? labels.kind : OTHER;
        return merged({ provider: this.admit(kind, labels.provider), kind }, rest.admit(labels));
      },
    };
  }

  private of(kind: ProviderKind): string[] {
    return [...(this.names.get(kind) ?? [])];
  }
}

function merged<Label extends string>(...sets: readonly object[]): Labels<Label> {
  return Object.assign({}, ...sets) as Labels<Label>;
}
