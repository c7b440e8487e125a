/** A text as a POSIX shell takes it for one word, whatever characters it has: what is printed as a command can be pasted. */
export function shellWord(text: string): string {
  return /^[\w./@%+:][\w./@%+:-]*$/.test(text) ? text : quoted(text);
}

/** The same in quotes, also where none are needed. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
