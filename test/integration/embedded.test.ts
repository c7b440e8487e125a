import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { workflowIdOf } from '../../src/protocol';
import { createWorker, type RunningWorker } from '../../src/worker';
import { projectFile } from '../architecture/project-files';
import { testEnv } from '../support/services';
import { createBackend } from './embedding/fastify-backend';
import { ownTopic, startAndWatch, withTemporal } from '../support/stories';

/** Turns each byte over, and marks what it has turned. */
class TurnedBytes implements PayloadCodec {
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => ({
      metadata: { ...payload.metadata, turned: Buffer.from('1') },
      data: turned(payload),
    }));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (payload.metadata?.['turned'] ? { ...payload, data: turned(payload) } : payload));
  }
}

function turned({ data }: Payload): Uint8Array {
  return (data ?? new Uint8Array()).map((byte) => byte ^ 255);
}

/** What has come when the text first matches, or all of it. */
async function readUntil(response: Response, enough: RegExp): Promise<string> {
  let text = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (enough.test(text)) break;
  }
  return text;
}

describe('A program that has its own connections, codec and environment', () => {
  const settings = testEnv();
  const payloadCodecs = [new TurnedBytes()];
  const hosts = { DATABASE_URL: 'postgres://localhost:1/of-the-host', LOG_LEVEL: 'of the host' };
  const before = { ...process.env };
  let connection: Connection;
  let native: NativeConnection;
  let worker: RunningWorker;
  let client: StoryClient;

  beforeAll(async () => {
    Object.assign(process.env, hosts);
    const address = settings['TEMPORAL_ADDRESS'] ?? '';
    connection = await Connection.connect({ address });
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    native = await NativeConnection.connect({ address });
    client = await StoryClient.connect(settings, { connection, payloadCodecs });
    const activities = { greet: (name: string) => Promise.resolve(`Good day, ${name}`) };
    worker = await createWorker({ settings, connection: native, payloadCodecs, activities });
  });
  afterAll(async () => {
    for (const name of Object.keys(hosts)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await connection.close();
    await native.close();
  });

  test('makes a text by them, and Temporal has only what the codec made', async () => {
    const projectId = await client.create({ topic: ownTopic().topic });
    const events = await startAndWatch(client, projectId, () => false, { stages: ['rewrite'] });
    expect(events.at(-1)).toMatchObject({ type: 'pipeline_done' });
    const raw = await withTemporal(readConfig(settings), (temporal) =>
      temporal.workflow.getHandle(workflowIdOf(projectId)).fetchHistory(),
    );
    const input = raw.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    expect(input.length).toBeGreaterThan(0);
    expect(input.every(({ metadata }) => metadata?.['turned'] !== undefined)).toBe(true);
  });

  test('serves activities of its own, and none by the name of ours', async () => {
    const temporal = new Client({ connection, dataConverter: { payloadCodecs } });
    const taskQueue = settings['TEMPORAL_TASK_QUEUE'] ?? '';
    const greeting = await temporal.activity.execute('greet', {
      id: randomUUID(),
      taskQueue,
      args: ['Ann'],
      startToCloseTimeout: '1 minute',
    });
    expect(greeting).toBe('Good day, Ann');
    const taken = { openRun: () => Promise.resolve() };
    await expect(createWorker({ settings, connection: native, activities: taken })).rejects.toMatchObject({
      type: 'Config.Invalid',
      message: expect.stringContaining('openRun'),
    });
  });

  test('serves films by Fastify as docs/embedding.md does', async () => {
    const shown = projectFile('test/integration/embedding/fastify-backend.ts')
      .replace('../../../src/client', 'storyreel')
      .replace('../../../src/protocol', 'storyreel/protocol');
    expect(projectFile('docs/embedding.md')).toContain(`\`\`\`ts\n${shown}\`\`\`\n`);
    const app = createBackend(await StoryClient.connect(settings, { connection, payloadCodecs }));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const made = await post('/films', { topic: ownTopic().topic });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };

    const first = await readUntil(await fetch(`${url}/films/${id}/events`), /awaiting/);
    const seen = [...first.matchAll(/^id: (\S+)$/gm)].at(-1)?.[1] ?? '';
    expect((await post(`/films/${id}/approval`, {})).status).toBe(200);
    const resumed = await fetch(`${url}/films/${id}/events`, { headers: { 'last-event-id': seen } });
    const rest = await readUntil(resumed, /event: pipeline_done/);
    expect(rest).not.toContain('event: snapshot');
    expect(rest).not.toContain(`id: ${seen}\n`);

    expect((await post('/films', { topic: '' })).status).toBe(422);
    const nobodys = await fetch(`${url}/films/${randomUUID()}`);
    expect([nobodys.status, await nobodys.json()]).toEqual([
      404,
      expect.objectContaining({ type: 'Project.NotFound' }),
    ]);
    await app.close();
  });

  test('keeps its connections when client and worker have ended', async () => {
    await client.close();
    await worker.stop();
    await expect(connection.workflowService.getSystemInfo({})).resolves.toBeDefined();
    await expect(native.workflowService.getSystemInfo({})).resolves.toBeDefined();
  });
});
