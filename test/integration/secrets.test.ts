import { StoryClient } from '../../src/client';
import { readConfig, type Config } from '../../src/config';
import { ModelProvider } from '../../src/entities';
import type { ProjectId } from '../../src/protocol';
import { withRedis } from '../../dev/stack/outside-service';
import { createOwnDatabase } from '../support/own-database';
import { fromSetup, testEnv } from '../support/services';
import { ownTopic, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';
import { CommandLine } from '../support/command-line';

const KEYS: Readonly<Record<string, string>> = {
  MARKED_OPENAI_KEY: 'sk-proj-mArKeD0aB1cD2eF3gH4',
  MARKED_GOOGLE_KEY: 'AIzaSyMaRkEd0123456789abcdefghijkl',
  MARKED_FACE_TOKEN: 'hf_mArKeDaBcDeFgHiJkLmNoP',
  MARKED_GROQ_KEY: 'gsk_mArKeDaBcDeFgHiJkLmNoP12',
  MARKED_REPLICATE_KEY: 'r8_mArKeDaBcDeFgHiJkLmNoP',
  MARKED_XAI_KEY: 'xai-mArKeDaBcDeFgHiJkLmNoP',
  MARKED_AZURE_KEY: '0ddba11c0ffee0ddba11c0ffee0dd123',
  MARKED_OWN_KEY: 'a/pass+word=with%signs&"quotes"',
};

/** Every spelling of a key that nothing may have, and the middle of each, in case that it was cut. */
const spellings = Object.values(KEYS).flatMap((key) => {
  const all = [
    key,
    encodeURIComponent(key),
    Buffer.from(`user:${key}`).toString('base64'),
    JSON.stringify(key).slice(1, -1),
  ];
  return all.flatMap((text) => [text, text.slice(8, 24)]);
});

describe('Keys and prompts that a provider, Postgres or a network throws back', () => {
  const studio = new StudioControl();
  const projects: { projectId: ProjectId; mark: string }[] = [];
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  let config: Config;
  let client: StoryClient;
  let worker: WorkerProcess;

  beforeAll(async () => {
    database = await createOwnDatabase();
    const env = testEnv({ ...KEYS, DATABASE_URL: database.url });
    config = readConfig(env);
    await database.dataSource.getRepository(ModelProvider).insert({
      name: 'writer',
      kind: 'text',
      model: 'm',
      baseUrl: fromSetup('STORYREEL_TEST_STUDIO_URL'),
    });
    worker = await WorkerProcess.start(env);
    client = await StoryClient.connect(config);
  });
  afterAll(async () => {
    await client.close();
    await worker.kill();
    await database.drop();
  });

  async function film(prepare: (mark: string) => Promise<void>): Promise<ProjectId> {
    const { topic, mark } = ownTopic();
    await prepare(mark);
    const projectId = await client.create({
      topic: `${topic} and keeps a very private diary`,
      settings: { scenes: 1 },
    });
    projects.push({ projectId, mark });
    await client.start(projectId);
    return projectId;
  }

  const errorOf = async (projectId: ProjectId) =>
    (await client.status(projectId)).lanes.find(({ status }) => status === 'needs_attention')?.error;
  const parked = (projectId: ProjectId) => until('a parked lane', () => errorOf(projectId));
  const use = (change: Partial<ModelProvider>) =>
    database.dataSource.getRepository(ModelProvider).update({ name: 'writer' }, change as object);

  /** The key is in the environment of the worker, and known to it from the first time that it is used. */
  test.each(Object.keys(KEYS))('a refused key is not in the failure: %s', async (name) => {
    await use({ apiKeyFrom: name });
    const projectId = await film((mark) => studio.misbehave(mark, 'chat', { status: 401, echo: true }));
    expect(await parked(projectId)).toMatchObject({ type: 'Provider.Unauthorized' });
  });

  test('a refused request is not quoted in the failure', async () => {
    const projectId = await film((mark) => studio.misbehave(mark, 'chat', { status: 400, echo: true }));
    const error = await parked(projectId);
    expect(error).toMatchObject({ type: 'Provider.BadRequest', message: expect.stringContaining('Incorrect key') });
    expect(error?.message).not.toContain('diary');
  });

  test('nor is it by an error in mid-stream, or by a job that failed', async () => {
    const projectId = await film(async (mark) => {
      await studio.misbehave(mark, 'chat', { cut: 5, echo: true });
      await studio.writeAbout(mark);
      await studio.misbehave(mark, 'image', { status: 400, echo: true });
    });
    expect(await parked(projectId)).toMatchObject({ type: 'Provider.BadRequest' });
    await studio.misbehave(projects.at(-1)?.mark ?? '', 'video_submit', { video_failed: true });
    await client.retry(projectId, 'image_generation/1');
    await until('the film', async () => (await client.status(projectId)).status === 'completed');
    expect(worker.log).toContain('The provider failed');
    expect(worker.log).toContain("The provider's video job failed");
  });

  test('what Postgres refuses is not in the log', async () => {
    await database.dataSource.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'it cannot store %', NEW.text; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON project_stages FOR EACH ROW WHEN (NEW.text IS NOT NULL) EXECUTE FUNCTION refuse()`);
    const projectId = await film((mark) => studio.writeAbout(mark));
    await until('the refusal', () => worker.log.includes('Postgres refused a statement'));
    await client.cancel(projectId);
    await until('the end', async () => (await client.status(projectId)).status === 'cancelled');
    await database.dataSource.query('DROP TRIGGER refuse ON project_stages');
  });

  test('what cannot be reached is named without its password', async () => {
    await use({ baseUrl: 'http://somebody:mArKeDpAsSwOrD@127.0.0.1:1/v1' });
    const projectId = await film(() => Promise.resolve());
    await until('the failure', () => worker.log.includes('could not be reached'));
    await client.cancel(projectId);
    await until('the end', async () => (await client.status(projectId)).status === 'cancelled');
  });

  describe('are afterwards', () => {
    const noKey = (where: string, text: string) => {
      const found = [...spellings, 'mArKeDpAsSwOrD'].filter((spelling) => text.includes(spelling));
      expect({ where, found }).toEqual({ where, found: [] });
    };
    const noPrompt = (where: string, text: string) => {
      const found = [...projects.map(({ mark }) => mark), 'private diary'].filter((mark) => text.includes(mark));
      expect({ where, found }).toEqual({ where, found: [] });
    };

    test('in no log line', () => {
      noKey('log', worker.log);
      noPrompt('log', worker.log);
      for (const line of worker.log.trim().split('\n')) expect(() => void JSON.parse(line)).not.toThrow();
    });

    test('in no row, and the prompt in no error', async () => {
      const tables = await database.dataSource.query<{ name: string }[]>(
        `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'model_providers'`,
      );
      for (const { name } of tables) {
        const rows = await database.dataSource.query<{ error?: unknown }[]>(`SELECT * FROM "${name}"`);
        noKey(name, JSON.stringify(rows));
        noKey(`${name}, plain`, rows.flatMap((row) => Object.values(row).map(String)).join('\n'));
        noPrompt(`errors of ${name}`, JSON.stringify(rows.map(({ error }) => error)));
      }
    });

    test('in nothing that Temporal holds', async () => {
      await withTemporal(config, async (temporal) => {
        let all = '';
        for (const { projectId } of projects) {
          const history = await workflowOf(temporal, projectId).fetchHistory();
          const text = textIn(history);
          noKey('history', text);
          noPrompt('history', text);
          all += text;
        }
        expect(all).toContain('Provider.Unauthorized');
      });
    });

    test('in nothing that viewers get', async () => {
      await withRedis(config.REDIS_URL, 5_000, async (redis) => {
        for (const { projectId } of projects) {
          const log = (await redis.xrange(`story:{${projectId}}:log`, '-', '+')).flat(2).join('\n');
          const lanes = Object.entries(await redis.hgetall(`story:{${projectId}}:lanes`))
            .flat()
            .join('\n');
          noKey('events', log + lanes);
          noPrompt(
            'messages',
            log
              .split('\n')
              .filter((entry) => /message|error/.test(entry))
              .join('\n'),
          );
        }
      });
    });

    test('in nothing that the command line prints', async () => {
      const shell = new CommandLine(() => config);
      for (const { projectId } of projects) {
        await shell.run('status', projectId);
        await shell.run('status', projectId, '--json');
      }
      await shell.run('doctor');
      expect(shell.stdout).toContain('Incorrect');
      noKey('command line', shell.stdout + shell.stderr);
    });
  });
});

/** Whatever of it is text, also what is in payloads. */
function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textIn).join('\n');
}
