/** The bytes of `data:[type][;parameters][;base64],…`; some servers leave `;base64` out. Undefined if it has no comma. */
export function bytesOfDataUrl(url: string): Buffer | undefined {
  const comma = url.indexOf(',');
  return comma < 0 ? undefined : bytesOfBase64(url.slice(comma + 1));
}

/** Of base64 with line ends, in the alphabet for addresses, or with signs that are escaped as in an address. */
export function bytesOfBase64(text: string): Buffer {
  return Buffer.from(text.includes('%') ? unquoted(text) : text, 'base64');
}

function unquoted(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
