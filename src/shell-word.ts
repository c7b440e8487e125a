/** Quotes a text as one word for a POSIX shell, whatever characters it has, so that a printed command can be pasted. */
export function shellWord(text: string): string {
  return /^[\w./@%+:][\w./@%+:-]*$/.test(text) ? text : quoted(text);
}

/** The same in quotes, even if none are needed. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
