import type { Readable } from 'node:stream';

/** A stored file: its key in the store, the hash of its content, and what it is. */
export interface StoredMedia {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** A file in the store, and the time when its content was last stored, even if it existed before. */
export interface FoundMedia {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly storedAt: Date;
}

/** A file that is being written in the store, hashed as it grows. */
export interface MediaDraft {
  /** The path at which a program on this machine can read the written bytes. */
  readonly path: string;
  write(bytes: Buffer): Promise<void>;
  /** Stores it, whole and synced, under the hash of what was written. */
  keep(mediaType: string): Promise<StoredMedia>;
  /** Removes what was not kept. Never throws. */
  drop(): Promise<void>;
}

/** The positions of the first and the last byte, both included, as in HTTP's Range. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * The media files, each under the hash of its content. Storing the same bytes twice changes only the time, and an
 * unfinished file is never visible. Throws `Media.Unavailable` if the store cannot be used.
 */
export interface MediaStore {
  /** Stores and removes a small file. Throws if `put` would, or if too little room is free. Returns the free bytes. */
  probe(): Promise<number>;
  put(bytes: Buffer, mediaType: string): Promise<StoredMedia>;
  /**
   * Begins a file whose content comes piece by piece. The caller drops the draft at the end, even if the file was kept.
   */
  draft(): Promise<MediaDraft>;
  /** Takes over a file that lies in a folder of `workFolder`. */
  take(path: string, mediaType: string): Promise<StoredMedia>;
  read(key: string): Promise<Buffer>;
  /** Resolves when the first bytes can come. Throws where there is no such file. */
  stream(key: string, range?: ByteRange): Promise<Readable>;
  /** A path on this machine under which a program can read the media, for as long as `folder`, one of `workFolder`, is there. */
  localPath(key: string, folder: string): Promise<string>;
  /** Makes a folder for work in progress; the caller removes it. */
  workFolder(): Promise<string>;
  has(key: string): Promise<boolean>;
  /** Everything that `put`, `take` and drafts have stored, in no order; nothing else that lies there. */
  list(): AsyncIterable<FoundMedia>;
  /** Removes it, unless it was stored, or stored again, at `before` or later. Resolves with true if it was removed. */
  remove(key: string, before: Date): Promise<boolean>;
  /** Removes unfinished files that were not written to since `before`. Resolves with their number. */
  removeWork(before: Date): Promise<number>;
}
