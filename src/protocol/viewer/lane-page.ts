import type { EventError, LaneSnapshot, LogEvent } from '../events';
import type { LaneStatus } from '../status';
import { sha256Hex } from './sha256';
import { TextBlocks, withoutFirst, type TextBlock } from './text-blocks';

/**
 * Whether the shown text is the stored text. It is `unknown` before `done`, and also if this page has no WebCrypto (a
 * browser has it on HTTPS and on loopback addresses only).
 */
export type Proof = 'unknown' | 'checking' | 'verified' | 'mismatch';

/** `gap`: what is shown lacks something, and a snapshot must be asked for. `known`: nothing has changed. */
export type Applied = 'changed' | 'known' | 'gap';

/** A place at which another attempt took the text over, from byte `offset`. */
export interface Mark {
  readonly kind: 'resumed' | 'reset';
  readonly offset: number;
  /** How it was continued, or why it was begun again. */
  readonly why: string;
  readonly attempt: number;
}

/** What a page knows of one lane. */
export class LanePage {
  status: LaneStatus = 'pending';
  fence = 0;
  attempt = 0;
  proof: Proof = 'unknown';
  /** The hash that was announced with the committed text. */
  sha256: string | undefined;
  progress: number | undefined;
  message: string | undefined;
  error: EventError | undefined;
  /** The commands that a person can type while the lane waits for a person. */
  commands: readonly string[] = [];
  /** All that this page has seen, the newest last. */
  marks: readonly Mark[] = [];
  private content = new TextBlocks();

  /** `before`: the lane as it was shown until now. */
  static of(snapshot: LaneSnapshot, before?: LanePage): LanePage {
    const lane = new LanePage();
    lane.marks = before?.marks ?? [];
    lane.status = snapshot.status;
    lane.fence = snapshot.fence;
    lane.attempt = snapshot.attempt;
    lane.error = snapshot.error;
    lane.sha256 = snapshot.sha256;
    lane.content = new TextBlocks(snapshot.text);
    return lane;
  }

  get blocks(): readonly TextBlock[] {
    return this.content.blocks;
  }

  get text(): string {
    return this.content.toString();
  }

  /** Bytes of UTF-8 in the text: where the next token must begin. */
  get offset(): number {
    return this.content.bytes;
  }

  /** Takes the next event of this lane. A token that is known changes nothing; one behind a gap is not taken. */
  apply(event: LogEvent): Applied {
    const fence = event.fence ?? this.fence;
    if (fence < this.fence) return 'known';
    switch (event.type) {
      case 'token':
        return this.take(event.content, event.offset, fence);
      case 'reset':
        // Within an attempt, only thoughts are removed. A committed text is ahead of the log.
        if (fence === this.fence && (event.reason !== 'thoughts' || this.sha256 !== undefined)) return 'known';
        this.begin(fence, event.attempt, new TextBlocks());
        this.mark('reset', 0, event.reason);
        return 'changed';
      case 'resumed':
        if (fence === this.fence) return 'known';
        if (!this.content.cut(event.offset)) return 'gap';
        this.content.seal();
        this.begin(fence, event.attempt, this.content);
        this.mark('resumed', event.offset, event.how);
        return 'changed';
      case 'done':
        this.status = 'completed';
        if (event.metadata.length !== this.offset) return 'gap';
        this.begin(fence, event.attempt ?? this.attempt, this.content);
        this.sha256 = event.metadata.sha256;
        return 'changed';
      case 'stage_update':
        this.status = event.status;
        this.progress = event.progress;
        this.message = event.message;
        if (event.status === 'processing') this.resumeStatus();
        return 'changed';
      case 'attention':
        this.status = 'needs_attention';
        this.error = event.error;
        this.commands = event.commands;
        return 'changed';
      default:
        return 'known';
    }
  }

  /** Compares the committed text with its hash. Resolves with false if they differ. */
  async prove(): Promise<boolean> {
    const { content, sha256 } = this;
    if (sha256 === undefined) return true;
    this.proof = 'checking';
    const hash = await sha256Hex(content.toString());
    // A new attempt began meanwhile.
    if (content !== this.content || sha256 !== this.sha256) return true;
    this.proof = hash === undefined ? 'unknown' : hash === sha256 ? 'verified' : 'mismatch';
    return this.proof !== 'mismatch';
  }

  private take(content: string, offset: number, fence: number): Applied {
    // An attempt that does not mention the earlier text starts at offset 0.
    const held = fence === this.fence ? this.content.bytes : 0;
    if (offset > held) return 'gap';
    const rest = withoutFirst(content, Math.max(0, held - offset));
    // It ends within what is there already, or begins there within a character, which no writer does.
    if (rest === undefined || rest === '') return 'known';
    if (fence > this.fence) this.begin(fence, this.attempt, new TextBlocks());
    this.content.add(rest);
    return 'changed';
  }

  private begin(fence: number, attempt: number, content: TextBlocks): void {
    this.fence = fence;
    this.attempt = attempt;
    this.content = content;
    this.sha256 = undefined;
    this.proof = 'unknown';
  }

  private mark(kind: Mark['kind'], offset: number, why: string): void {
    this.marks = [...this.marks, { kind, offset, why, attempt: this.attempt }];
  }

  private resumeStatus(): void {
    this.error = undefined;
    this.commands = [];
  }
}
