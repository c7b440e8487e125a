import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFile, projectRoot } from '../architecture/project-files';
import type { ProjectId } from '../../src/protocol';
import { HttpUser } from '../support/gateway';
import { startApp, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { until } from '../support/until';

/** Within the package, whose own name leads to it there, as it does in a program that has installed it. */
const folder = join(projectRoot, 'dist', `backends-${randomUUID()}`);

/** The program of the document, as it is. */
function programOf(name: string): string {
  const code = new RegExp(`\`\`\`js\\n// ${name}\\n([^]*?)\`\`\`\\n`).exec(projectFile('docs/embedding.md'))?.[1];
  if (code === undefined) throw new Error(`docs/embedding.md has no ${name}`);
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}

/** What has come when the text first matches, or all of it. */
async function readUntil(url: string, enough: RegExp, lastEventId?: string): Promise<string> {
  const leaving = new AbortController();
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(url, { headers, signal: leaving.signal });
  let text = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (enough.test(text)) break;
  }
  leaving.abort();
  return text;
}

describe.each(['backend.mjs', 'backend.cjs'])('%s of docs/embedding.md', (name) => {
  let app: TestApp;
  let backend: ChildProcess;
  let url: string;
  let user: HttpUser;
  const customer = `customer-${randomUUID()}`;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    app = await startApp();
    const { config } = app;
    backend = spawn(process.execPath, [programOf(name)], {
      env: {
        PORT: '0',
        FILMS_TEMPORAL: config.TEMPORAL_ADDRESS,
        FILMS_QUEUE: config.TEMPORAL_TASK_QUEUE,
        FILMS_POSTGRES: config.DATABASE_URL,
        FILMS_REDIS: config.REDIS_URL,
        // Of the program around the client, and for other things.
        DATABASE_URL: 'postgres://localhost:1/of-the-host',
        LOG_LEVEL: 'of the host',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    backend.stdout?.on('data', (data: Buffer) => (said += data.toString('utf8')));
    await until('the backend listens', () => {
      if (backend.exitCode !== null) throw new Error(`the backend ended with ${backend.exitCode}`);
      return said.includes('listening on');
    });
    url = `http://127.0.0.1:${/listening on (\d+)/.exec(said)?.[1]}`;
    user = new HttpUser(url, undefined, false);
  });
  afterAll(async () => {
    backend.kill('SIGKILL');
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('makes one film of an order, streams it from where the browser was, and continues after an approval', async () => {
    const order = { topic: ownTopic().topic, customer };
    const path = `/orders/${randomUUID()}`;
    const made = await user.ask('PUT', path, order);
    expect(made).toMatchObject({ status: 201, body: { id: expect.any(String), runId: expect.any(String) } });
    expect((await user.ask('PUT', path, order)).body).toEqual(made.body);
    expect(await user.ask('PUT', path, { ...order, topic: 'another' })).toMatchObject({
      status: 422,
      body: { type: 'Request.Repeated' },
    });

    const film = `/films/${made.body.id}`;
    const first = await readUntil(`${url}${film}/events`, /awaiting_approval/);
    const seen = [...first.matchAll(/^id: (\S+)$/gm)].at(-1)?.[1] ?? '';
    expect((await user.ask('POST', `${film}/approval`)).status).toBe(200);
    const rest = await readUntil(`${url}${film}/events`, /event: pipeline_done/, seen);
    expect(rest).not.toContain('event: snapshot');
    expect(rest).not.toContain(`id: ${seen}\n`);
    expect(await user.ask('GET', film)).toMatchObject({ status: 200, body: { status: 'completed' } });
    // Until its workflow has closed, it answers that nothing waits for this approval.
    await until('the approval is refused because nothing runs', async (saw) => {
      const { status, body } = saw(await user.ask('POST', `${film}/approval`));
      expect(status).toBe(409);
      return body.type === 'Project.NotRunning';
    });
  });

  test('lists the films of a customer in pages', async () => {
    const owner = `customer-${randomUUID()}`;
    const ids = [];
    for (let i = 0; i < 3; i += 1) ids.unshift(await app.client.create({ topic: `film ${i}`, owner }));
    const seen: string[] = [];
    for (let query: string | undefined = ''; query !== undefined;) {
      const { body } = await user.ask('GET', `/customers/${owner}/films${query}`);
      seen.push(...(body.projects as { projectId: string }[]).map(({ projectId }) => projectId));
      query = body.next === undefined ? undefined : `?after=${body.next}`;
    }
    expect(seen).toEqual(ids);
  });

  test('answers failures with the statuses of the catalogue', async () => {
    const unknown = { status: 404, body: { type: 'Project.NotFound', message: expect.any(String) } };
    for (const path of [`/films/${randomUUID()}`, '/films/none', `/films/${randomUUID()}/events`]) {
      expect(await user.ask('GET', path)).toMatchObject(unknown);
    }
    const empty = await user.ask('PUT', `/orders/${randomUUID()}`, { topic: '', customer });
    expect(empty).toMatchObject({ status: 422, body: { type: 'Project.Invalid' } });
  });

  test('ends its streams and itself at SIGTERM', async () => {
    const made = await user.ask('PUT', `/orders/${randomUUID()}`, { topic: ownTopic().topic, customer });
    let text = '';
    const reading = (async () => {
      const answer = await fetch(`${url}/films/${made.body.id}/events`);
      for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) text += part;
    })();
    await until('the stream waits', () => /awaiting_approval/.test(text));
    const ended = once(backend, 'exit');
    backend.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await reading;
    await app.client.cancel((made.body as { id: ProjectId }).id);
  });
});
