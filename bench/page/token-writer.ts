import { setTimeout as sleep } from 'node:timers/promises';
import { createDataSource, Lane } from '../../src/entities';
import { laneParts, type LaneId, type ProjectId } from '../../src/protocol';
import type { LaneWriter, RedisEventLog } from '../../src/stream';

const CONTENT = ['The ', 'keeper ', 'opened ', 'the ', 'door, ', 'and ', '雨 ', 'came ', 'in. '] as const;
/** One write for all tokens of so many milliseconds, as a busy worker makes them. */
const TICK_MS = 10;

interface TokenWriterOptions {
  readonly log: RedisEventLog;
  readonly databaseUrl: string;
  readonly projectId: ProjectId;
  readonly lanes: readonly LaneId[];
}

/** Writes the tokens of several lanes into the log as activities do, without models. */
export class TokenWriter {
  tokens = 0;
  bytes = 0;
  private readonly texts = new Map<LaneId, { text: string; offset: number }>();
  private readonly fence = Date.now() * 1_000;

  private constructor(
    private readonly log: RedisEventLog,
    private readonly projectId: ProjectId,
    private readonly lanes: readonly LaneId[],
  ) {}

  /** Claims the lanes as attempts do, because a snapshot has the texts of claimed lanes only. */
  static async open({ log, databaseUrl, projectId, lanes }: TokenWriterOptions): Promise<TokenWriter> {
    const made = new TokenWriter(log, projectId, lanes);
    const dataSource = await createDataSource({ url: databaseUrl }).initialize();
    for (const lane of lanes) {
      const { stage, scene } = laneParts(lane);
      const writer = made.writerOf(lane);
      const { fence, attempt } = writer;
      const claim = { projectId, lane, stage, sequenceNumber: scene ?? null, fence, attempt };
      await dataSource.getRepository(Lane).insert({ ...claim, status: 'processing' });
      await log.publish({ projectId, stage, writer, events: [{ type: 'stage_update', status: 'processing' }] });
    }
    await dataSource.destroy();
    return made;
  }

  textOf(lane: LaneId): string {
    return this.texts.get(lane)?.text ?? '';
  }

  /** So many tokens in turn over all lanes, at a steady rate. */
  async write(count: number, { rate }: { readonly rate: number }): Promise<void> {
    const from = performance.now();
    for (let written = 0; written < count;) {
      const due = Math.min(count, Math.ceil(((performance.now() - from + TICK_MS) * rate) / 1_000));
      const writes: Promise<unknown>[] = [];
      for (; written < due; written += 1) writes.push(this.one());
      await Promise.all([...writes, sleep(TICK_MS)]);
    }
  }

  private one(): Promise<unknown> {
    const lane = this.lanes[this.tokens % this.lanes.length]!;
    const text = CONTENT[this.tokens % CONTENT.length]!;
    const before = this.texts.get(lane) ?? { text: '', offset: 0 };
    const size = Buffer.byteLength(text);
    this.texts.set(lane, { text: before.text + text, offset: before.offset + size });
    this.tokens += 1;
    this.bytes += size;
    return this.log.append({ writer: this.writerOf(lane), offset: before.offset, text });
  }

  private writerOf(lane: LaneId): LaneWriter {
    return { projectId: this.projectId, lane, fence: this.fence, attempt: 1 };
  }
}
