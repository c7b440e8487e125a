import { Client } from '@temporalio/client';
import type { Config } from '../config';
import { clientSpans } from '../telemetry';
import { connectTemporal, dataConverter } from '../temporal';
import type { ConnectOptions } from './connect-options';

const TEMPORAL_MS = 5_000;

export interface OpenedTemporal {
  readonly client: Client;
  /** Leaves a connection open that the program had. */
  readonly close: () => Promise<void>;
}

/** Throws `Service.Unreachable` and `Config.Invalid`. */
export async function openTemporal(
  config: Config,
  options: Pick<ConnectOptions, 'connection' | 'payloadCodecs'>,
): Promise<OpenedTemporal> {
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
