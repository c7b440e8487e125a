import { StoryreelError, type LaneId, type ProjectId, type StopRequest } from '../../protocol';
import type { ControlChannel } from '../../stream';
import type { ActivityDeps } from '../deps';

/** An attempt that runs in this worker. Glossary: Temporal run id. */
export interface RunningLane {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  readonly fence: number;
  /** The run as viewers follow it, and the execution that Temporal runs: they differ after a workflow reset. */
  readonly runIds: readonly string[];
}

/** The reason of the abort if an attempt receives a stop. Only Temporal knows whether the run was cancelled. */
export class LaneStopped extends StoryreelError {
  constructor(lane: LaneId) {
    super('Lane.Stopped', `${lane} received a stop, but its run continues; it is tried again.`);
  }
}

/** The running attempts of one worker, which a message on the control channel stops at once. */
export class StopSignals {
  private readonly lanes = new Map<ProjectId, Set<{ readonly lane: RunningLane; readonly stop: () => void }>>();
  private readonly unsubscribe: () => void;

  constructor(private readonly control: ControlChannel) {
    this.unsubscribe = control.listen((request) => this.stop(request));
  }

  /** True while this worker is subscribed, so that a stop sent now would be received. */
  get isListening(): boolean {
    return this.control.isReady;
  }

  /**
   * Calls `stop` if the attempt must stop, perhaps more than once. Call the returned function when the attempt has
   * ended.
   */
  register(lane: RunningLane, stop: () => void): () => void {
    const { projectId } = lane;
    const entry = { lane, stop };
    const entries = this.lanes.get(projectId) ?? new Set();
    this.lanes.set(projectId, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.lanes.get(projectId) === entries) this.lanes.delete(projectId);
    };
  }

  close(): void {
    this.unsubscribe();
  }

  private stop({ projectId, runId, lanes, before = Infinity }: StopRequest): void {
    for (const { lane, stop } of [...(this.lanes.get(projectId) ?? [])]) {
      // A stop for an older run or attempt may arrive while the next one works on the same lane.
      const meant = (runId === undefined || lane.runIds.includes(runId)) && lane.fence <= before;
      if (meant && (lanes === undefined || lanes.includes(lane.lane))) stop();
    }
  }
}

/**
 * Broadcasts a stop of lanes to all workers, for a cancellation by an operator without our client. If workers cannot be
 * reached, they learn of the stop a little later with a heartbeat, so this step never fails.
 */
export async function stopLanes({ control, logger }: ActivityDeps, request: StopRequest): Promise<void> {
  const { projectId } = request;
  if (!(await control.stop(request))) logger.debug({ projectId }, 'the stop could not be sent to the workers at once');
}
