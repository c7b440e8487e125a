import type { Config } from '../config';
import type { Logger } from '../logger';
import {
  lackOfBuild,
  lacksOfWorkers,
  nameOf,
  servedQueues,
  servedWorkflows,
  type Build,
  type Lack,
  type TemporalServices,
} from '../readiness';

const LOOK_MS = 5_000;

/**
 * Whether this worker is of a build that is given work. Where it is not, that is logged once, with the command that mends
 * it; as an error where nobody else does the work either; and once more when it has changed.
 */
export class WatchedBuild {
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private found: Lack | undefined;
  private said: string | undefined;

  constructor(
    private readonly connection: TemporalServices,
    private readonly config: Config,
    private readonly logger: Logger,
  ) {
    this.lookAgain(0);
  }

  /** Why no work comes; undefined where it does, or nobody knows. */
  get lack(): Lack | undefined {
    return this.found;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private lookAgain(afterMs: number): void {
    const next = () => this.lookAgain(LOOK_MS);
    // A server that does not answer is said elsewhere.
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
    if (words === this.said) return;
    this.said = words;
    if (lack) logger[unserved ? 'error' : 'warn']({ build: nameOf(own), advice: lack.advice }, words ?? '');
    else logger.info({ build: nameOf(own) }, 'this worker is of the current build, and gets work');
  }
}

function buildIn({ WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId }: Config): Build | undefined {
  return deploymentName === undefined || buildId === undefined ? undefined : { deploymentName, buildId };
}
