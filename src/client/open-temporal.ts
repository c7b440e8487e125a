import { Client, type Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import type { Config } from '../config';
import { clientSpans, type StoryMetrics } from '../telemetry';
import { connectTemporal, dataConverter } from '../temporal';

const TEMPORAL_MS = 5_000;

/** The services that a client takes from the program around it. */
export interface ConnectOptions {
  /** Measures the watches of this client. */
  readonly metrics?: StoryMetrics;
  /** A connection that the program has already. The client does not close it. The namespace is that of the settings. */
  readonly connection?: Connection;
  /** Takes the place of PAYLOAD_KEY_FILE. The workers need the same codecs. */
  readonly payloadCodecs?: readonly PayloadCodec[];
}

export interface OpenedTemporal {
  readonly client: Client;
  /** Leaves a connection open that the program had. */
  readonly close: () => Promise<void>;
}

/** Throws `Service.Unreachable` and `Config.Invalid`. */
export async function openTemporal(config: Config, options: ConnectOptions): Promise<OpenedTemporal> {
  const converter = dataConverter(config, options.payloadCodecs);
  const connection = options.connection ?? (await connectTemporal(config, TEMPORAL_MS));
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    dataConverter: converter,
    interceptors: { workflow: [clientSpans] },
  });
  return { client, close: async () => (options.connection ? undefined : connection.close()) };
}
