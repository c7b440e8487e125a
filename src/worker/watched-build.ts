import type { Config } from '../config';
import type { Logger } from '../logger';
import {
  lackOfBuild,
  lacksOfWorkers,
  nameOf,
  servedQueues,
  servedWorkflows,
  type Lack,
  type TemporalServices,
} from '../readiness';
import { buildIn } from './deployment-options';

const LOOK_MS = 5_000;

/**
 * Checks whether this worker belongs to a build that is given work. If it does not, that is logged once, with the
 * command that repairs it. It is logged as an error if no other worker does the work either. A change is logged once
 * more.
 */
export class WatchedBuild {
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private found: Lack | undefined;
  private reported: string | undefined;

  constructor(
    private readonly connection: TemporalServices,
    private readonly config: Config,
    private readonly logger: Logger,
  ) {
    this.lookAgain(0);
  }

  /** Why this worker gets no work; undefined if it gets work, or if that is not known. */
  get lack(): Lack | undefined {
    return this.found;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private lookAgain(afterMs: number): void {
    const next = () => this.lookAgain(LOOK_MS);
    // Another check reports a server that does not answer.
    this.timer = setTimeout(() => void this.look().then(next, next), afterMs).unref();
    if (this.closed) clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    const { connection, config, logger } = this;
    const own = buildIn(config);
    const lack = lackOfBuild(own, await servedWorkflows(connection, config), config.TEMPORAL_NAMESPACE);
    const [unserved] = lack ? lacksOfWorkers(await servedQueues(connection, config), config.TEMPORAL_NAMESPACE) : [];
    if (this.closed) return;
    this.found = lack;
    const words = lack && `${lack.what}${unserved ? `; ${unserved.what}` : ''}. ${lack.advice}`;
    if (words === this.reported) return;
    this.reported = words;
    if (lack) logger[unserved ? 'error' : 'warn']({ build: nameOf(own), advice: lack.advice }, words ?? '');
    else logger.info({ build: nameOf(own) }, 'this worker is of the current build, and gets work');
  }
}
