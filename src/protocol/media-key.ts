const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
};

/** The SHA-256 of a medium's content, which is its name everywhere. */
export const SHA256 = /^[0-9a-f]{64}$/;

/** The key that content of this hash and type has in every store. */
export function mediaKey(sha256: string, mediaType: string): string {
  return `${sha256.slice(0, 2)}/${sha256}.${EXTENSIONS[mediaType] ?? 'bin'}`;
}

const KEY = /^([0-9a-f]{2})\/(\1[0-9a-f]{62})\.\w+$/;

/** What a key has before its slash. */
export const MEDIA_FOLDER = /^[0-9a-f]{2}$/;

/** The hash in a key; undefined for any other text, which names nothing of ours. */
export function sha256OfKey(key: string): string | undefined {
  return KEY.exec(key)?.[2];
}
