import { firstBytes, utf8Bytes } from '../../src/protocol';

/** A view of a text. It is informed of changes only; it never gets the whole text for a token. */
export interface TextView {
  append(text: string): void;
  replace(text: string): void;
  mark(kind: string, offset: number): void;
}

/** One lane's text, by the rules of docs/http.md. Outside of the virtual DOM, because tokens come by the thousand. */
export class LiveText {
  /** Pieces, because joining a long text for every token would copy it every time. */
  private pieces: string[] = [];
  private readonly views = new Set<TextView>();
  bytes = 0;

  get whole(): string {
    if (this.pieces.length > 1) this.pieces = [this.pieces.join('')];
    return this.pieces[0] ?? '';
  }

  set(text: string): void {
    if (text === this.whole) return;
    this.put(text);
  }

  /** False if bytes before the token are missing: only a snapshot helps then. */
  token(content: string, offset: number): boolean {
    if (offset > this.bytes) return false;
    if (offset < this.bytes) this.cut(offset);
    this.pieces.push(content);
    this.bytes += utf8Bytes(content);
    for (const view of this.views) view.append(content);
    return true;
  }

  resumed(offset: number): boolean {
    if (offset > this.bytes) return false;
    if (offset < this.bytes) this.cut(offset);
    for (const view of this.views) view.mark('resumed', offset);
    return true;
  }

  show(view: TextView): () => void {
    view.replace(this.whole);
    this.views.add(view);
    return () => this.views.delete(view);
  }

  private cut(offset: number): void {
    this.put(firstBytes(this.whole, offset));
  }

  private put(text: string): void {
    this.pieces = [text];
    this.bytes = utf8Bytes(text);
    for (const view of this.views) view.replace(text);
  }
}
