import { resolve } from 'node:path';
import type { Config } from '../config';
import { bucketAddress } from '../media-url';
import { FolderStore } from './folder-store';
import type { MediaStore } from './media-store';
import { Bucket } from './s3-bucket';
import { S3Store } from './s3-store';

type Settings = Pick<Config, 'MEDIA_URL' | 'MEDIA_DIR' | 'MEDIA_FREE_MB'>;

/** The bucket of MEDIA_URL, or the folder of MEDIA_DIR. */
export async function openMediaStore({ MEDIA_URL, MEDIA_DIR, MEDIA_FREE_MB }: Settings): Promise<MediaStore> {
  const leastFree = MEDIA_FREE_MB * 1e6;
  if (MEDIA_URL === undefined) return new FolderStore(MEDIA_DIR, leastFree);
  return new S3Store(await Bucket.open(bucketAddress(MEDIA_URL)), MEDIA_DIR, leastFree);
}

/** Where a file of the store is, for a person: a path on this machine, or a URL. */
export function placeOfMedia({ MEDIA_URL, MEDIA_DIR }: Settings, key: string): string {
  if (MEDIA_URL === undefined) return resolve(MEDIA_DIR, key);
  const { bucket, prefix } = bucketAddress(MEDIA_URL);
  return `s3://${bucket}/${prefix}${key}`;
}
