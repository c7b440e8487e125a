import type { Situation } from './situation';

/** A service as it is run somewhere, and what may happen to it there. */
export interface GapGround {
  /** The environment that worker and client use. */
  readonly env: Readonly<Record<string, string>>;
  readonly situations: readonly Situation[];
  close(): Promise<void>;
}
