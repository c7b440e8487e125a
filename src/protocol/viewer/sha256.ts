/** The SHA-256 of the text in UTF-8, in hexadecimal; undefined if this page has no WebCrypto. */
export async function sha256Hex(text: string): Promise<string | undefined> {
  const { subtle } = globalThis.crypto as { readonly subtle?: typeof globalThis.crypto.subtle };
  if (!subtle) return undefined;
  const hash = await subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
