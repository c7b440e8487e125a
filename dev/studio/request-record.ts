import type { Fault, RequestKind } from './faults';
import type { JsonLines } from './json-lines';

/** A request as the studio saw it. Times are milliseconds since 1970. */
export interface SeenRequest {
  id: number;
  kind: RequestKind;
  at: number;
  /** When the answer was whole or the connection gone; null while it is open. */
  endedAt: number | null;
  idempotencyKey: string | null;
  /** HTTP status; null until the head of the answer was sent. */
  status: number | null;
  tokensSent: number;
  /** The client closed the connection before the end. */
  aborted: boolean;
  /** The answer repeats that of an earlier request under the same key, so it cost nothing. */
  replayed: boolean;
  fault: Fault | null;
  /** The beginning of the prompt. */
  prompt: string;
}

interface Entry {
  seen: SeenRequest;
  prompt: string;
}

const kept = 20_000;
const paidKinds: readonly RequestKind[] = ['chat', 'image', 'video_submit'];

/**
 * The requests to the studio, so that a test can count the paid ones. It keeps the last 20,000 requests. Requests that
 * cost something are also written to the file, at their beginning and at their end, and so outlive a killed studio.
 */
export class RequestRecord {
  private readonly entries: Entry[];
  private last: number;

  constructor(private readonly file: JsonLines<Entry>) {
    const byId = new Map(file.read().map((entry) => [entry.seen.id, entry]));
    this.entries = [...byId.values()];
    this.last = this.entries.at(-1)?.seen.id ?? 0;
  }

  open(kind: RequestKind, prompt: string, idempotencyKey: string | null): SeenRequest {
    const seen: SeenRequest = {
      id: ++this.last,
      kind,
      at: Date.now(),
      endedAt: null,
      idempotencyKey,
      status: null,
      tokensSent: 0,
      aborted: false,
      replayed: false,
      fault: null,
      prompt: prompt.slice(0, 200),
    };
    this.entries.push({ seen, prompt });
    if (this.entries.length > kept) this.entries.shift();
    this.keep(seen, prompt);
    return seen;
  }

  close(seen: SeenRequest, prompt: string, end: Pick<SeenRequest, 'status' | 'aborted'>): void {
    Object.assign(seen, end, { endedAt: Date.now() });
    this.keep(seen, prompt);
  }

  /** The requests whose whole prompt contains `match`, oldest first. */
  matching(match: string): SeenRequest[] {
    return this.entries.filter((each) => each.prompt.includes(match)).map((each) => each.seen);
  }

  private keep(seen: SeenRequest, prompt: string): void {
    if (paidKinds.includes(seen.kind)) this.file.append({ seen, prompt });
  }
}
