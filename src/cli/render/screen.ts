/** The destination of output for people and programs: standard output, or a string in a test. */
export interface Screen {
  write(text: string): void;
  /** A person's terminal, on which lines can be drawn again. */
  readonly interactive: boolean;
  readonly color: boolean;
  /** The present columns: a terminal may be resized. */
  readonly columns: number;
  readonly rows: number;
}

/**
 * Standard output. Node itself looks at NO_COLOR, FORCE_COLOR and TERM for the colours. A dumb terminal cannot draw lines
 * again.
 */
export function standardOutput(stream: NodeJS.WriteStream, kind = process.env['TERM']): Screen {
  // Node's types promise a terminal, but the stream may be a file or a pipe without these fields.
  const terminal: Partial<NodeJS.WriteStream> = stream;
  return {
    write: (text) => void stream.write(text),
    interactive: terminal.isTTY === true && kind !== 'dumb',
    color: terminal.isTTY === true && stream.hasColors(),
    get columns() {
      return terminal.columns || 80;
    },
    get rows() {
      return terminal.rows || 24;
    },
  };
}
