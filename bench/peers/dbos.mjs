import { DBOS } from '@dbos-inc/dbos-sdk';
import { Background, whenThere } from './background.mjs';
import { openProvider, textOf } from './provider.mjs';

/** A workflow for each text, with a step that asks the provider and writes each token to the workflow's durable stream. */
const KEY = 'tokens';

/** Both processes are the same application; a new worker continues what the last one left behind. */
async function launch({ databaseUrl }, role) {
  // pg warns once of how the SDK uses it.
  process.noDeprecation = true;
  const url = new URL(databaseUrl);
  url.pathname = '/bench_dbos';
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: url.href,
    executorID: role,
    // A process takes up workflows of its own version only, and viewers have none to run.
    applicationVersion: role,
    logLevel: 'error',
  });
  await DBOS.launch();
}

export async function openProducer(services) {
  const ask = openProvider(services);
  const background = new Background();
  const complete = async (label) => {
    let text = '';
    for await (const chunk of await ask(label)) {
      const content = textOf(chunk);
      if (!content) continue;
      text += content;
      await DBOS.writeStream(KEY, content);
    }
    return text.length;
  };
  const workflow = DBOS.registerWorkflow(
    async (label) => {
      const length = await DBOS.runStep(() => complete(label), { name: 'complete', retriesAllowed: true });
      await DBOS.closeStream(KEY);
      return length;
    },
    { name: 'text' },
  );
  await launch(services, 'worker');
  return {
    run: async (streams) => {
      for (const { label, handle } of streams) {
        const started = await DBOS.startWorkflow(workflow, { workflowID: handle })(label);
        background.run('dbos', () => started.getResult());
      }
    },
    close: async () => {
      background.close();
      await DBOS.shutdown();
    },
  };
}

export async function openReader(services) {
  const background = new Background();
  // This is not a DBOSClient, which polls for new values once a second. A process of the application is notified.
  await launch(services, 'viewers');
  const follow = async ({ label, handle }, sink) => {
    await whenThere(background, async () => (await DBOS.getWorkflowStatus(handle)) ?? undefined);
    for await (const content of DBOS.readStream(handle, KEY)) {
      if (background.closing) return;
      sink.append(label, content);
    }
    sink.ended(label);
  };
  return {
    // A stream is read from its beginning, so a viewer may come late.
    watch: async (streams, sink) => {
      for (const each of streams) background.run('dbos', () => follow(each, sink));
    },
    close: async () => {
      background.close();
      await DBOS.shutdown();
    },
  };
}
