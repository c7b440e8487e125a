import { resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { shownAddress } from '../address';
import type { Config } from '../config';
import {
  lackOfMedia,
  lackOfNamespace,
  lackOfRedis,
  lackOfSchema,
  type Need,
  type TemporalServices,
} from '../readiness';
import type { MediaStore } from '../storage';
import type { OpenedRedis } from '../stream';

const REDIS_MS = 2_000;

export interface Services {
  readonly connection: TemporalServices;
  readonly dataSource: DataSource;
  readonly redis: Pick<OpenedRedis, 'log' | 'write'>;
  readonly media: MediaStore;
}

/** Without these, stories would hang in failing steps, or pay for what cannot be stored. */
export function workerNeeds(
  { connection, dataSource, redis, media }: Services,
  { TEMPORAL_NAMESPACE, MEDIA_DIR, MEDIA_URL }: Config,
): Need[] {
  return [
    { name: 'schema', look: () => lackOfSchema(dataSource) },
    { name: 'namespace', look: () => lackOfNamespace(connection, TEMPORAL_NAMESPACE) },
    {
      name: 'redis',
      onlyToBegin: true,
      look: () =>
        lackOfRedis(async () => {
          // Why it is not ready is in the answer to the write.
          await redis.log.ready(REDIS_MS).catch(() => undefined);
          await redis.write();
        }),
    },
    {
      name: 'media',
      look: () => lackOfMedia(media, MEDIA_URL === undefined ? resolve(MEDIA_DIR) : shownAddress(MEDIA_URL)),
    },
  ];
}
