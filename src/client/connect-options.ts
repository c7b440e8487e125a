import type { Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import type { PostgresDataSource, PostgresPool } from '../entities';
import type { OutsideStage } from '../planning';
import { boundedLine, StoryreelError } from '../protocol';
import type { RedisConnection } from '../stream';
import type { StoryMetrics } from '../telemetry';
import { readInput } from './inputs';

const MAX_BYTES = 500;

/** What a client takes from the program around it. The client closes none of it. */
export interface ConnectOptions {
  /** Who acts with this client, for the audit: a person or a program, in words. */
  readonly by?: string;
  /** Gets a line if Redis is away or refuses something, with the reason, and one if it is back. */
  readonly logger?: {
    /** Gets the details first, as pino does. */
    warn(fields: object, message: string): void;
  };
  /** Measures the watches of this client. */
  readonly metrics?: StoryMetrics;
  /** A connection to Temporal that the program has already. The namespace is that of the settings. */
  readonly connection?: Connection;
  /** Takes the place of PAYLOAD_KEY_FILE. The workers need the same codecs. */
  readonly payloadCodecs?: readonly PayloadCodec[];
  /** A pool of `pg` or a `DataSource` of TypeORM on Storyreel's database, in place of DATABASE_URL. */
  readonly postgres?: PostgresPool | PostgresDataSource;
  /** A connection of ioredis, in place of REDIS_URL: the client opens its own ones to the same place. */
  readonly redis?: RedisConnection;
  /** The outside stages of the workers, so that `explain` knows their inputs. Everything else works without them. */
  readonly stages?: readonly OutsideStage[];
}

/** An object of another package, known by one of the fields that it has. */
const made = (has: readonly string[], rule: string) =>
  z
    .custom((value) => {
      const given = value as Readonly<Record<string, unknown>>;
      return typeof value === 'object' && value !== null && has.some((name) => given[name] !== undefined);
    }, rule)
    .optional();

const OPTIONS = z.object({
  logger: made(['warn'], 'must have a method warn'),
  metrics: made(['watched', 'registry'], 'must be a StoryMetrics'),
  connection: made(['workflowService'], 'must be a Connection of @temporalio/client'),
  payloadCodecs: z.array(made(['encode'], 'must be payload codecs'), 'must be a list of payload codecs').optional(),
  postgres: made(['connect', 'driver'], 'must be a Pool of pg, or a DataSource of TypeORM for Postgres'),
  redis: made(['options', 'nodes'], 'must be a connection of ioredis'),
  stages: z.array(made(['name'], 'must be a stage'), 'must be a list of stages').optional(),
});

/** Throws `Config.Invalid` with the name of the option that is wrong. */
export function readConnectOptions(given: ConnectOptions): ConnectOptions {
  const options = unlessItThrows(() => ({ ...given }));
  const checked = unlessItThrows(() => OPTIONS.safeParse(options));
  if (!checked.success)
    throw invalid(checked.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
  return { ...options, ...(options.by !== undefined && { by: readInput('the actor', options.by) }) };
}

function unlessItThrows<T>(look: () => T): T {
  try {
    return look();
  } catch {
    throw invalid('they cannot be read');
  }
}

function invalid(why: string): StoryreelError {
  return new StoryreelError(
    'Config.Invalid',
    boundedLine(`The options of the client cannot be taken: ${why}.`, MAX_BYTES),
  );
}
