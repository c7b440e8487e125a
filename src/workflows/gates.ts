import { condition } from '@temporalio/workflow';
import type { LaneId } from '../protocol';
import type { LaneTable } from './lane-table';

export type Decision = { readonly kind: 'approved' } | ({ readonly kind: 'rejected' } & Rejection);

/** The lanes that are made again, why, and which version of the project was looked at. */
export interface Rejection {
  readonly lanes: readonly LaneId[];
  readonly reason: string;
  readonly version?: number;
}

/**
 * Stages after which a run waits for a person. An approval is valid until the stage gets a new result.
 * Glossary: gate.
 */
export class Gates {
  readonly approved: Set<string>;
  private readonly wanted: ReadonlySet<string>;
  private readonly decisions = new Map<string, Decision>();

  constructor(
    private readonly table: LaneTable,
    wanted: readonly string[],
    approved: readonly string[],
  ) {
    this.wanted = new Set(wanted);
    this.approved = new Set(approved);
  }

  isWanted(stage: string): boolean {
    return this.wanted.has(stage);
  }

  /** A person's decision for a gate that waits. */
  decide(gate: string, decision: Decision): void {
    this.decisions.set(gate, decision);
    this.table.setGate(gate, false);
  }

  /** Resolves when a person has decided. */
  async wait(gate: string): Promise<Decision> {
    this.table.setGate(gate, true);
    await condition(() => this.decisions.has(gate));
    const decision = this.decisions.get(gate) ?? { kind: 'approved' };
    this.decisions.delete(gate);
    if (decision.kind === 'approved') this.approved.add(gate);
    return decision;
  }
}
