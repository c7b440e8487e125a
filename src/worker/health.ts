import type { Worker } from '@temporalio/worker';
import { lackingNeeds, type Lack, type LackingNeed, type Need } from '../readiness';
import type { StatusPage } from '../telemetry';

/** A look at every service answers all who ask within this time. */
const FRESH_MS = 2_000;

/** A worker that has begun to ask for tasks. */
interface Begun {
  readonly workers: readonly Pick<Worker, 'options' | 'getStatus'>[];
  readonly needs: readonly Need[];
  /** Why this worker gets no work, though it is ready to do it. */
  readonly unused: () => Lack | undefined;
}

/**
 * The checks for a supervisor. `/healthz`: the event loop runs, and no poller has given up; if it fails, a restart may
 * help. `/readyz`: this worker has everything that it needs; if it fails, the answer states what is missing.
 */
export class Health {
  /** Before it has begun: what was lacking when it looked last. */
  private lacking: readonly LackingNeed[] = [];
  private begun: Begun | undefined;
  private seen: { readonly at: number; readonly lacks: Promise<readonly LackingNeed[]> } | undefined;

  readonly pages: Readonly<Record<'/healthz' | '/readyz', () => Promise<StatusPage>>> = {
    '/healthz': () => this.healthz(),
    '/readyz': () => this.readyz(),
  };

  waits(lacking: readonly LackingNeed[]): void {
    this.lacking = lacking;
  }

  begins(begun: Begun): void {
    this.begun = begun;
  }

  private async healthz(): Promise<StatusPage> {
    const pollers = (this.begun?.workers ?? []).map((worker) => {
      const { runState, workflowPollerState, activityPollerState } = worker.getStatus();
      const failed = [runState, workflowPollerState, activityPollerState].includes('FAILED');
      return { taskQueue: worker.options.taskQueue, state: failed ? 'FAILED' : runState };
    });
    const healthy = pollers.every(({ state }) => state !== 'FAILED' && state !== 'STOPPED');
    return { status: healthy ? 200 : 503, body: { healthy, pollers } };
  }

  private async readyz(): Promise<StatusPage> {
    const { begun } = this;
    if (!begun) return { status: 503, body: { ready: false, waitsFor: this.lacking } };
    const isRunning = begun.workers.every((worker) => worker.getStatus().runState === 'RUNNING');
    const lacks = await this.look(begun.needs);
    const toBegin = new Set(begun.needs.filter(({ onlyToBegin }) => onlyToBegin).map(({ name }) => name));
    const waitsFor = lacks.filter(({ need }) => !toBegin.has(need));
    const ready = isRunning && waitsFor.length === 0;
    const unused = begun.unused();
    return {
      status: ready ? 200 : 503,
      body: {
        ready,
        waitsFor,
        doesWithout: lacks.filter(({ need }) => toBegin.has(need)),
        ...(unused && { unused }),
      },
    };
  }

  private look(needs: readonly Need[]): Promise<readonly LackingNeed[]> {
    const now = performance.now();
    if (!this.seen || now - this.seen.at > FRESH_MS) this.seen = { at: now, lacks: lackingNeeds(needs) };
    return this.seen.lacks;
  }
}
