import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** A file of JSON lines that only grows. The system has each line before `append` returns, so kill -9 loses none. */
export class JsonLines<T> {
  constructor(private readonly path: string) {}

  read(): T[] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
  }

  append(value: T): void {
    appendFileSync(this.path, `${JSON.stringify(value)}\n`);
  }
}
