/** What many ask at the same time is asked once, and counts for a moment. A failure counts for nobody who asks later. */
export class Shared<T> {
  private readonly known = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();

  constructor(private readonly ms: number) {}

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const now = performance.now();
    const known = this.known.get(key);
    if (known && now < known.until) return known.answer;
    const answer = ask();
    this.known.set(key, { answer, until: now + this.ms });
    const forget = () => {
      if (this.known.get(key)?.answer === answer) this.known.delete(key);
    };
    answer.catch(forget);
    setTimeout(forget, this.ms).unref();
    return answer;
  }

  forget(key: string): void {
    this.known.delete(key);
  }
}
