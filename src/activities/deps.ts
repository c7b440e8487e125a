import type { DataSource } from 'typeorm';
import type { PlanSource } from '../planning';
import type { Logger } from '../logger';
import type { MediaStore } from '../storage';
import type { ControlChannel, EventLog } from '../stream';
import type { StoryMetrics } from '../telemetry';
import type { RunLookup } from './runs/run-lookup';
import type { StopSignals } from './lanes/stop-signal';

/** The services that activities work with; made once per worker process. */
export interface ActivityDeps extends PlanSource {
  readonly dataSource: DataSource;
  readonly log: EventLog;
  readonly control: ControlChannel;
  readonly stops: StopSignals;
  readonly media: MediaStore;
  readonly runs: RunLookup;
  readonly logger: Logger;
  /**
   * Called with faults of the media folder's disk that the media store does not see: other programs write there as
   * well.
   */
  readonly onDiskFault?: (error: unknown) => void;
  /** Absent if nobody scrapes this worker. */
  readonly metrics?: StoryMetrics;
}
