import { join } from 'node:path';
import { Child } from '../../harness/child';
import type { Summary } from '../../harness/summary';
import type { DirectCommand } from '../readers';
import type { Gateway } from '../servers';
import { writeAll } from './crowd';

/** How late tokens come to one viewer by `client.watch`, in a process of its own. */
export async function direct(gateway: Gateway, rate: number, seconds: number): Promise<Summary> {
  const { child } = await Child.start(process.execPath, [join(__dirname, '..', 'direct-reader.js')], gateway.env);
  const ask = (command: DirectCommand) => child.ask<Summary>(command);
  try {
    const story = await gateway.story();
    await ask({ project: story.projectId });
    const tokens = await writeAll([story], rate, seconds);
    for (let count = 0, seen: Summary | undefined; ;) {
      seen = await ask({});
      if (seen.count >= tokens || seen.count === count) return seen;
      count = seen.count;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  } finally {
    await child.kill('SIGKILL');
  }
}
