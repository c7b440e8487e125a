const encoder = new TextEncoder();

export function bytesIn(text: string): number {
  return encoder.encode(text).length;
}

/** The beginning of a text that has so many bytes of UTF-8; offsets of the protocol lie between characters. */
export function firstBytes(text: string, bytes: number): string {
  const all = encoder.encode(text);
  return bytes >= all.length ? text : new TextDecoder().decode(all.subarray(0, bytes));
}

/** In hexadecimal; undefined where the browser hashes nothing because the page came over plain HTTP. */
export async function sha256(text: string): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
