import type { Readable } from 'node:stream';

/** A stored file: its key in the store, the hash of its content, and what it is. */
export interface StoredMedia {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** A file that lies in the store, and when its content was stored last: also anew, while it was there already. */
export interface FoundMedia {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly storedAt: Date;
}

/** A file that is being written in the store, hashed as it grows. */
export interface MediaDraft {
  /** Where a program on this machine can read what was written. */
  readonly path: string;
  write(bytes: Buffer): Promise<void>;
  /** Stores it, whole and synced, under the hash of what was written. */
  keep(mediaType: string): Promise<StoredMedia>;
  /** Removes what was not kept. Never throws. */
  drop(): Promise<void>;
}

/** Of the first byte and the last one, both included, as in HTTP's Range. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * Where media lie, each under the hash of its content: storing the same bytes twice changes nothing but the time, and a
 * half-written file is never seen. Throws `Media.Unavailable` where the store cannot be used.
 */
export interface MediaStore {
  /** Stores and removes a small file. Throws where `put` would, or has too little room. Gives the bytes that are free. */
  probe(): Promise<number>;
  put(bytes: Buffer, mediaType: string): Promise<StoredMedia>;
  /** Begins a file whose content comes piece by piece; the caller drops it at the end, also when it was kept. */
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
  /** Removes it, unless it was stored, or stored anew, at `before` or later. Resolves whether it was removed. */
  remove(key: string, before: Date): Promise<boolean>;
  /** Removes work in progress that nobody has written to since `before`. Resolves with how many there were. */
  removeWork(before: Date): Promise<number>;
}
