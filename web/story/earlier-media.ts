import { signal } from '@preact/signals';

const MAX = 40;

/**
 * Pictures and clips that were replaced while the page was open, by the hash of what has replaced them. The server keeps none of
 * them. The browser still has those that it has shown: they are read from its cache, and live as long as the page.
 */
export class EarlierMedia {
  /** Addresses within the page. */
  readonly shown = signal<ReadonlyMap<string, string>>(new Map());
  private isClosed = false;

  constructor(private readonly addressOf: (sha256: string) => string) {}

  async replaced(before: string, now: string): Promise<void> {
    const answer = await fetch(this.addressOf(before), { cache: 'only-if-cached', mode: 'same-origin' }).catch(
      () => undefined,
    );
    if (answer?.status !== 200) return;
    const media = await answer.blob();
    if (this.isClosed) return;
    const next = new Map([...this.shown.value, [now, URL.createObjectURL(media)]]);
    for (const [key, address] of [...next].slice(0, -MAX)) {
      URL.revokeObjectURL(address);
      next.delete(key);
    }
    this.shown.value = next;
  }

  close(): void {
    this.isClosed = true;
    for (const address of this.shown.value.values()) URL.revokeObjectURL(address);
  }
}
