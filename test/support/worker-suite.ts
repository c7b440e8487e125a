import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { testEnv } from './services';
import { WorkerProcess } from './worker-process';

/** A client for a suite, and the workers that its tests start; each test's workers end with it. Call it in `describe`. */
export class WorkerSuite {
  private opened: StoryClient | undefined;
  private readonly workers: WorkerProcess[] = [];

  constructor(readonly env = testEnv()) {
    beforeAll(async () => {
      this.opened = await StoryClient.connect(readConfig(env));
    });
    afterEach(() => Promise.all(this.workers.splice(0).map((worker) => worker.kill())));
    afterAll(() => this.opened?.close());
  }

  get client(): StoryClient {
    if (!this.opened) throw new Error('the suite has not begun');
    return this.opened;
  }

  async startWorker(overrides: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start({ ...this.env, ...overrides });
    this.workers.push(worker);
    return worker;
  }
}
