import type { Connection } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config';
import { StoryreelError } from '../../protocol';
import { isNotFound, missingSearchAttributes, noNamespace } from '../../readiness';
import { connectTemporal, isRefused, refusedByTemporal } from '../../temporal';

/** Temporal's INDEXED_VALUE_TYPE_KEYWORD. */
const KEYWORD = 2;
/** Codes of gRPC. */
const [ALREADY_EXISTS, UNIMPLEMENTED] = [6, 12];
const CONNECT_MS = 4_000;
const VISIBLE_MS = 10_000;

export async function withTemporal<T>(config: Config, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connectTemporal(config, CONNECT_MS);
  try {
    return await use(connection);
  } catch (error) {
    if (isRefused(error)) throw refusedByTemporal(error);
    if (!isNotFound(error)) throw error;
    const { what, advice } = noNamespace(config.TEMPORAL_NAMESPACE);
    throw new StoryreelError('Config.Invalid', `${what}. ${advice}`, { cause: error });
  } finally {
    await connection.close();
  }
}

/** Registers the missing attributes, waits until the server knows them, and returns their names. */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return [];
  await connection.operatorService
    .addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])) })
    .catch((error: unknown) => {
      // Another migration was faster.
      if ((error as { code?: unknown }).code === ALREADY_EXISTS) return;
      if (!isRefused(error) && (error as { code?: unknown }).code !== UNIMPLEMENTED) throw error;
      throw new StoryreelError(
        'Config.Invalid',
        `Temporal lets nobody add search attributes here, as Temporal Cloud does not. Add ${missing.join(', ')} to the ` +
          `namespace ${namespace} by hand, each as Keyword, and migrate again.`,
        { cause: error },
      );
    });
  for (let waited = 0; waited < VISIBLE_MS; waited += 100) {
    if ((await missingSearchAttributes(connection, namespace)).length === 0) return missing;
    await sleep(100);
  }
  throw new StoryreelError(
    'Service.Unreachable',
    `Temporal did not take the search attributes ${missing.join(', ')}. Try again, or add them by hand as Keyword.`,
  );
}
