import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT_CODES } from '../../src/cli';
import { batchToEnd } from '../support/batches';
import { CommandLine, recordedScreen } from '../support/command-line';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('storyreel batch', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  async function storyreel(args: readonly string[], around: ConstructorParameters<typeof CommandLine>[1] = {}) {
    const shell = new CommandLine(() => app.config, around);
    await shell.run(...args);
    return { code: shell.exitCode, text: shell.stdout, said: shell.stderr };
  }

  async function fileOf(lines: readonly string[]): Promise<string> {
    const file = join(fromSetup('STORYREEL_TEST_FOLDER'), `${randomUUID()}.txt`);
    await writeFile(file, lines.join('\n'));
    return file;
  }

  test('makes each line of a file, states of those that need a person, and continues by its name', async () => {
    const { mark } = ownTopic();
    const file = await fileOf(['# the films of spring', `fox ${mark}.`, '', `  bear ${mark}. `]);
    const id = `cli-${mark}`;
    await studio.misbehave(`fox ${mark}.`, 'chat', { status: 400 });
    const settings = ['--scenes', '1', '--at-most', '1', '--owner', 'ada', '--stage', 'rewrite'];
    const first = await storyreel(['batch', file, '--id', id, ...settings]);
    const lines = first.text.trimEnd().split('\n');
    expect(lines[0]).toBe(`Batch ${id} of 2: workflow batch-${id}`);
    expect(lines).toContainEqual(expect.stringMatching(/^✓ completed {2}bear mark\w+\. {2}[0-9a-f-]{36}$/));
    expect(lines).toContainEqual(expect.stringMatching(/^⚠ needs attention {2}fox .*\(Provider\.BadRequest\)$/));
    expect(lines.at(-1)).toBe('2 projects: 1 done · 1 need attention');
    expect(first.code).toBe(EXIT_CODES.parked.code);

    expect((await storyreel(['cancel', `batch-${id}`])).text).toBe('The batch was asked to end.\n');
    await batchToEnd(app.client, id);
    const second = await storyreel(['batch', '--id', id, '--json', '--stage', 'rewrite']);
    const told = second.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told[0]).toMatchObject({ batch_id: id, workflow_id: `batch-${id}`, counts: { completed: 1 } });
    expect(told.at(-2)).toMatchObject({ batch_id: id, name: `fox ${mark}.`, status: 'completed' });
    expect(told.at(-1)).toMatchObject({ batch_id: id, running: false, counts: { completed: 2 } });
    expect(second.code).toBe(EXIT_CODES.ok.code);
  });

  test('makes the stages that are named, waits at its gates, and states how to approve', async () => {
    const { mark } = ownTopic();
    const file = await fileOf([`fox ${mark}.`]);
    const id = `gate-${mark}`;
    const stages = ['--stage', 'rewrite', '--stage', 'storyboard', '--gate', 'rewrite'];
    const { code, text } = await storyreel(['batch', file, '--id', id, ...stages]);
    expect(text).toMatch(/awaiting approval {2}fox .*\n {4}storyreel approve [0-9a-f-]{36} <stage>\n/);
    expect(code).toBe(EXIT_CODES.parked.code);
    const [project] = (await app.client.batchStatus(id)).projects;
    await app.client.approve(project?.projectId ?? ('' as never), 'rewrite');
    expect((await batchToEnd(app.client, id)).counts).toEqual({ completed: 1 });
    expect((await app.client.status(project?.projectId ?? ('' as never))).film).toBeUndefined();
  });

  test('fails where a film fails, and states at the end which and why', async () => {
    const { mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 400 });
    const file = await fileOf([`fox ${mark}.`]);
    const { code, text } = await storyreel(['batch', file, '--on-failure', 'fail']);
    const ending = text.trimEnd().split('\n').slice(-2);
    expect(ending[0]).toMatch(/^✗ failed {2}fox .*The provider answered 400.*\(Provider\.BadRequest\)$/);
    expect(ending[1]).toBe('1 projects: 1 failed');
    expect(code).toBe(EXIT_CODES.failed.code);
  });

  test('counts on one line of a terminal, and leaves the batch running at Ctrl-C', async () => {
    const { mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 5 });
    const file = await fileOf([`fox ${mark}.`]);
    const id = `left-${mark}`;
    const left = new AbortController();
    const screen = recordedScreen({ interactive: true });
    const running = storyreel(['batch', file, '--id', id], { leave: left.signal, screen });
    await until('the line that counts', () => screen.text.includes('1 projects: 1 running\n'));
    left.abort();
    const { code, said } = await running;
    expect(said).toContain(`storyreel cancel batch-${id}`);
    expect(code).toBe(EXIT_CODES.interrupted.code);
    expect((await app.client.batchStatus(id)).running).toBe(true);
    await app.client.cancelBatch(id);
    await batchToEnd(app.client, id);
  });
});
