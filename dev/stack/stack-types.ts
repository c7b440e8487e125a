import type { PortBook } from './ports';
import type { ProcessTable } from './process-table';

export type ServiceName = 'temporal' | 'postgres' | 'redis' | 'ffmpeg';

/** One line of progress; `ms` is the time that the step took. */
export interface ReportLine {
  service: ServiceName | 'model' | 'stack';
  message: string;
  ms?: number;
}

export type Report = (line: ReportLine) => void;
export type Env = Readonly<Record<string, string | undefined>>;

export interface RunningTemporal {
  /** host:port of the gRPC front end. */
  address: string;
  /** Known only for the embedded server. */
  uiUrl?: string;
  /** The `temporal` command that the embedded server is part of. */
  program?: string;
  embedded: boolean;
}

export interface RunningDatabase {
  url: string;
  embedded: boolean;
}

export interface FoundServices {
  temporal: RunningTemporal;
  postgres: RunningDatabase;
  redis: RunningDatabase;
  ffmpegPath: string;
}

/** The values that every service needs while it is found and started. */
export interface StackContext {
  stateDir: string;
  toolsDir: string;
  env: Env;
  persistent: boolean;
  frugal?: boolean;
  report: Report;
  ports: PortBook;
  processes: ProcessTable;
  /** Aborts if another service has failed, so that continuing is useless. */
  signal: AbortSignal;
}
