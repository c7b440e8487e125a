import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonPackage } from '../../dev/stack/python-package';
import { STAGES, type ProjectId, type StageName } from '../../src/protocol';
import { fromSetup } from './services';

const program = resolve(__dirname, 'legacy_client.py');
const tools = resolve(__dirname, '..', '..', '.storyreel', 'tools');
// Before Python 3.11.3 redis needs async-timeout.
const PACKAGE = { folder: 'redis-py-6.4.0', requirements: ['redis==6.4.0', 'async-timeout==5.0.1'] };

/** What a client of the old product saw from its subscription to the event that ended it. */
interface LegacyView {
  readonly ended_by: string;
  /** In their order; for all stages at once each as "stage type". */
  readonly types: readonly string[];
}

interface LegacyStageView extends LegacyView {
  /** Its tokens joined. */
  readonly text: string;
  /** What each token had of the whole text. */
  readonly full_texts: readonly (string | null)[];
  /** What the last event had, if it had any. */
  readonly full_text: string | null;
}

/** The folder of the Redis library for Python that the clients use; fetched unless it is there. */
export function fetchRedisForPython(): Promise<string> {
  return pythonPackage(PACKAGE, {
    toolsDir: process.env['STORYREEL_TOOLS_DIR'] || tools,
    env: process.env,
    report: ({ message }) => process.stderr.write(`  redis-py  ${message}\n`),
    service: 'redis',
    otherwise: `put the redis package for Python into ${join('.storyreel', 'tools', PACKAGE.folder)}`,
  });
}

/** The old product's clients of one project, each a Python process: of one stage, or `*` of all. */
export class LegacyClients {
  private constructor(private readonly clients: ReadonlyMap<string, LegacyClient>) {}

  /** Resolves when all of them are subscribed. */
  static async subscribe(
    library: string,
    projectId: ProjectId,
    watched: readonly (StageName | '*')[] = [...STAGES.map(({ name }) => name), '*'],
    redisUrl = fromSetup('STORYREEL_TEST_REDIS_URL'),
  ): Promise<LegacyClients> {
    const clients = new LegacyClients(
      new Map(watched.map((stage) => [stage, new LegacyClient(library, projectId, stage, redisUrl)])),
    );
    try {
      await Promise.all([...clients.clients.values()].map((client) => client.ready));
    } catch (error) {
      await clients.stop();
      throw error;
    }
    return clients;
  }

  /** Resolves when the client of the stage has ended by itself. */
  stage(name: StageName): Promise<LegacyStageView> {
    return this.of(name).view as Promise<LegacyStageView>;
  }

  /** Resolves when the client of all stages has ended by itself. */
  all(): Promise<LegacyView> {
    return this.of('*').view;
  }

  isWatching(name: StageName): boolean {
    return this.of(name).isRunning;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client.stop()));
  }

  private of(stage: string): LegacyClient {
    const client = this.clients.get(stage);
    if (!client) throw new Error(`no client watches ${stage}`);
    return client;
  }
}

class LegacyClient {
  readonly ready: Promise<void>;
  readonly view: Promise<LegacyView>;
  private readonly child: ChildProcess;

  constructor(library: string, projectId: ProjectId, stage: string, redisUrl: string) {
    const child = spawn('python3', [program, projectId, stage], {
      env: { PATH: process.env['PATH'], PYTHONPATH: library, REDIS_URL: redisUrl },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString('utf8')));
    const lines: string[] = [];
    const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    this.view = once(child, 'close').then(([code]) => {
      if (code !== 0) throw new Error(`the client of ${stage} ended (${code}):\n${errors}`);
      return JSON.parse(lines.at(-1) ?? '') as LegacyView;
    });
    // Whoever asks for it is told; a client that is stopped may have no view, and nobody who asks.
    this.view.catch(() => undefined);
    this.ready = Promise.race([once(output, 'line'), this.view]).then(() => undefined);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.child.kill('SIGKILL');
    await this.view.catch(() => undefined);
  }
}
