import { join } from 'node:path';
import { StoryHttpClient } from '../../../src/http-client';
import { StoryPage } from '../../../src/protocol/viewer';
import { laneId, type ProjectId } from '../../../src/protocol';
import type { Ground } from '../../harness/ground';
import { Child } from '../../harness/child';
import { until } from '../../harness/until';
import { environment } from '../../paths/storyreel';
import { tokensIn } from '../../stand-in/token';
import type { Gateway } from '../servers';

const TOKENS = 300;
const RATE = 50;
const PATIENCE_MS = 180_000;

/** Texts of a real worker, watched over HTTP, while gateway and worker are killed with -9 in their middle. */
export async function kills(ground: Ground, gateway: Gateway, texts: number) {
  const env = environment(ground.services);
  const main = join(__dirname, '..', '..', 'harness', 'worker.js');
  const startWorker = async () => (await Child.start(process.execPath, [main], env)).child;
  let worker = await startWorker();
  await ground.begin(RATE, { tokens: TOKENS });
  const http = new StoryHttpClient({ url: gateway.url });
  try {
    const projects: ProjectId[] = [];
    for (let i = 0; i < texts; i += 1) projects.push(await gateway.client.create({ topic: `kill-${i}` }));
    const pages = projects.map(() => new StoryPage());
    const watching = projects.map(async (projectId, i) => {
      for await (const event of http.watch(projectId)) pages[i]?.apply(event);
      await pages[i]?.proved();
    });
    await Promise.all(projects.map((each) => gateway.client.start(each, { stages: ['rewrite'] })));
    const halfway = async () => (await ground.answers()).filter(({ next }) => next > TOKENS / 3).length >= texts;
    if (!(await until(PATIENCE_MS, halfway))) throw new Error('not every text has begun');
    await Promise.all([gateway.end('SIGKILL'), worker.kill('SIGKILL')]);
    [worker] = await Promise.all([startWorker(), gateway.startAgain()]);
    let ended = 0;
    for (const each of watching) void each.then(() => (ended += 1));
    await until(PATIENCE_MS, async () => ended === texts);
    // The page compares a settled text with the hash of what is stored.
    const lanes = pages.map((page) => page.lanes.get(laneId('rewrite')));
    const right = lanes.filter(
      (lane) => lane?.proof === 'verified' && [...tokensIn(lane.text)].length === TOKENS,
    ).length;
    return { texts, right };
  } finally {
    await http.close();
    await worker.kill('SIGKILL');
    await ground.finish();
  }
}
