import type { Cluster, Redis } from 'ioredis';
import type { AppendReply, AppendRequest } from './event-log';
import { keys } from './keys';
import type { RefusalReport } from './redis-refusals';
import type { RedisScripts, ScriptCommand } from './redis-scripts';

type AppendAnswer = number | [kind: 'STALE' | 'GAP' | 'ERR' | 'MUTE', value: string | number, length?: number];

interface Writer {
  readonly resolve: (reply: AppendReply) => void;
  readonly reject: (error: Error) => void;
}

/** The pieces of one call, as append.lua takes them. */
interface Batch {
  /** The key of each piece's project log. */
  readonly logs: string[];
  /** Further keys that the server must know of. */
  readonly others: string[];
  /** For each piece its head and its text. */
  readonly args: string[];
  readonly writers: Writer[];
  characters: number;
}

/** What one call carries at most: a script that runs for long holds up every other client of the server. */
const MAX = { pieces: 100, characters: 256 * 1024 };

/**
 * Sends the pieces that all streams of this process write in one turn of the event loop with one call. A call costs about as
 * much as several pieces. A busy process reads more of them in each turn, so its batches grow without a wait.
 */
export class AppendQueue {
  /** One for all projects; in a cluster one a project, because a script may touch one slot only. */
  private waiting = new Map<string, Batch>();
  private readonly flush = () => this.sendAll();
  private readonly command: ScriptCommand;

  constructor(
    private readonly redis: Redis | Cluster,
    scripts: RedisScripts,
    private readonly refusals: RefusalReport,
  ) {
    this.command = scripts.command('append');
  }

  readonly append = ({ writer, offset, text, reason, continued }: AppendRequest): Promise<AppendReply> => {
    const { projectId, lane, fence, attempt } = writer;
    const { isCluster } = this.redis;
    const log = keys.log(projectId);
    const batch = this.batchWith(isCluster ? log : '', text.length);
    const opening = reason || continued ? ` ${reason ?? '-'} ${continued ?? '-'}` : '';
    batch.logs.push(log);
    // A single server needs no such list, and its bytes would come with each token.
    if (isCluster) batch.others.push(keys.lanes(projectId), keys.text(projectId, lane));
    batch.args.push(`${lane} ${fence} ${attempt} ${offset}${opening}`, text);
    batch.characters += text.length;
    return new Promise((resolve, reject) => {
      batch.writers.push({ resolve, reject });
    });
  };

  /** The batch that has room for so many characters more. */
  private batchWith(slot: string, characters: number): Batch {
    const last = this.waiting.get(slot);
    if (last && last.writers.length < MAX.pieces && last.characters + characters <= MAX.characters) return last;
    // Not at once, but when the sockets that are ready have been read.
    if (this.waiting.size === 0) setImmediate(this.flush);
    if (last) this.send(last);
    const batch: Batch = { logs: [], others: [], args: [], writers: [], characters: 0 };
    this.waiting.set(slot, batch);
    return batch;
  }

  private sendAll(): void {
    const batches = this.waiting;
    this.waiting = new Map();
    for (const batch of batches.values()) this.send(batch);
  }

  private send({ logs, others, args, writers }: Batch): void {
    const names = others.length > 0 ? logs.concat(others) : logs;
    (this.command(names.length, ...names, ...args) as Promise<AppendAnswer[]>).then(
      (answers) => writers.forEach((writer, i) => this.answer(writer, answers[i])),
      (error: unknown) => {
        const refused = this.refusals.refused('append', error);
        for (const { reject } of writers) reject(refused);
      },
    );
  }

  private answer({ resolve, reject }: Writer, answer: AppendAnswer | undefined): void {
    if (typeof answer === 'number') return resolve({ kind: 'ok', length: answer });
    const [kind, value, length] = answer ?? ['ERR', 'there is no answer'];
    switch (kind) {
      case 'STALE':
        return resolve({ kind: 'stale', fence: Number(value) });
      case 'GAP':
        return resolve({ kind: 'gap', length: Number(value) });
      case 'MUTE':
        this.refusals.answered('announce', String(value));
        return resolve({ kind: 'ok', length: Number(length) });
      case 'ERR':
        // The piece is sent again.
        return reject(this.refusals.answered('append', String(value)));
    }
  }
}
