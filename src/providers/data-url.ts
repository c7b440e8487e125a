/** The bytes of `data:[type][;parameters][;base64],…`; some servers leave `;base64` out. Undefined if it has no comma. */
export function bytesOfDataUrl(url: string): Buffer | undefined {
  const comma = url.indexOf(',');
  if (comma < 0) return undefined;
  const data = url.slice(comma + 1);
  // A drawing is written as the text that it is.
  const isText = /^data:image\/svg/i.test(url) && !/;base64$/i.test(url.slice(0, comma).trim());
  return isText ? Buffer.from(unquoted(data)) : bytesOfBase64(data);
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
