import { readConfig, StoryClient } from '../../src/client';
import { parseProjectId } from '../../src/protocol';
import { serveParent } from '../harness/serve-parent';
import { nowMicros } from '../stand-in/clock';
import { tokensIn } from '../stand-in/token';
import { Ages } from './ages';
import type { DirectCommand } from './readers';

/** One viewer in a Node program, by `client.watch`: what the gateway adds is measured against it. */
const ages = new Ages();
let client: StoryClient | undefined;

serveParent(
  {},
  async ({ project }: DirectCommand) => {
    if (project !== undefined) {
      client ??= await StoryClient.connect(readConfig());
      const projectId = parseProjectId(project);
      if (!projectId) throw new Error(`${project} is no project`);
      const events = client.watch(projectId)[Symbol.asyncIterator]();
      await events.next();
      void (async () => {
        for (;;) {
          const { value, done } = await events.next();
          if (done) return;
          if (value.type !== 'token') continue;
          const now = nowMicros();
          for (const { writtenAt } of tokensIn(value.content)) ages.add(now - writtenAt);
        }
      })();
    }
    return ages.summary();
  },
  async () => client?.close(),
);
