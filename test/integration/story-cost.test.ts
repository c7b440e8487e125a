import { EXIT_CODES } from '../../src/cli/exit-codes';
import { ModelUsage } from '../../src/entities';
import type { EstimateInput } from '../../src/client';
import { STAGES, type ProjectId, type StoryEvent } from '../../src/protocol';
import { PRICES, startPricedApp, usageEvents, type PricedApp } from '../support/priced-app';
import { CommandLine } from '../support/command-line';
import { ownTopic, startAndWatch, watchText, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const text = (row: ModelUsage) => (row.inputTokens * 1 + row.outputTokens * 2) / 1_000_000;
const tokens = (rows: readonly ModelUsage[]) =>
  rows.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);

describe('What a film has cost', () => {
  let app: PricedApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startPricedApp();
  });
  afterAll(() => app.close());

  async function begin(topic: string): Promise<ProjectId> {
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    return projectId;
  }

  async function film(topic: string): Promise<{ projectId: ProjectId; events: StoryEvent[] }> {
    const projectId = await begin(topic);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    return { projectId, events };
  }

  test.each<EstimateInput>([
    {},
    { settings: { scenes: 2, style: 'ink', language: 'pt-BR', frame: '9:16' } },
    { settings: { scenes: 7 }, start: { stages: ['rewrite', 'storyboard'] } },
    { settings: { scenes: 4 }, stages: ['rewrite'] },
    { settings: { scenes: 4 }, start: { stages: STAGES.map(({ name }) => name), scenes: [2, 4, 4, 9] } },
  ])('is estimated before there is a film as the plan of the film states it: %j', async (input) => {
    const { settings, start, stages = start?.stages } = input;
    const projectId = await app.client.create({ topic: 'a fox', ...(settings && { settings }) });
    const plan = await app.client.explain(projectId, {
      ...(stages && { stages }),
      ...(start?.scenes && { scenes: start.scenes }),
    });
    const estimated = await app.client.overview.estimate({ topic: 'a fox', ...input });
    expect(estimated).toEqual({ ...plan.estimate, scenes: estimated.scenes });
    expect(estimated.cost?.most).toBeGreaterThan(0);
    await app.client.delete(projectId);
  });

  test('is a row for each paid call, and their sum', async () => {
    const { projectId, events } = await film(ownTopic().topic);
    const rows = await app.dataSource.getRepository(ModelUsage).findBy({ projectId });
    expect(rows.map(({ lane, unit }) => `${lane} ${unit}`).sort()).toEqual([
      'camera_movement/1 token',
      'image_generation/1 image',
      'rewrite token',
      'storyboard token',
      'video_generation/1 second',
    ]);
    for (const row of rows) expect(row).toMatchObject({ outcome: 'useful', wastedCost: 0, estimated: false });
    const texts = rows.filter(({ unit }) => unit === 'token');
    for (const row of texts) expect(row.cost).toBeCloseTo(text(row), 12);
    const seconds = rows.find(({ unit }) => unit === 'second')?.units ?? 0;
    const cost = texts.reduce((sum, row) => sum + text(row), 0) + 0.04 + seconds * 0.1 + 0.05;

    const { usage, lanes, reserved } = await app.client.status(projectId);
    expect(lanes.map(({ cost: own = 0 }) => own).reduce((a, b) => a + b)).toBeCloseTo(cost, 10);
    expect(reserved).toBeUndefined();
    expect(usage).toEqual({
      input_tokens: texts.reduce((sum, row) => sum + row.inputTokens, 0),
      output_tokens: texts.reduce((sum, row) => sum + row.outputTokens, 0),
      useful_tokens: tokens(texts),
      wasted_tokens: 0,
      images: 1,
      video_seconds: seconds,
      cost: expect.closeTo(cost, 10) as number,
      useful_cost: usage.cost,
      wasted_cost: 0,
    });
    expect(usageEvents(events, 'video_generation/1')).toMatchObject([
      { video_seconds: seconds, cost: seconds * 0.1 + 0.05, project: usage },
    ]);
  });

  test('counts a text that was cut off twice as of use once it is gone on from', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { cut: 40 }, 2);
    const { projectId, events } = await film(topic);
    const rows = await app.calls(projectId, 'rewrite');
    // The provider may have charged more than what has come.
    const unsure = rows.filter(({ estimated }) => estimated).map(({ reserved, cost }) => (reserved ?? 0) - (cost ?? 0));
    expect((await app.client.status(projectId)).reserved).toBeCloseTo(
      unsure.reduce((a, b) => a + b),
      10,
    );
    expect(rows).toMatchObject([
      { outputTokens: 40, estimated: true, outcome: 'useful', wastedTokens: 0, continuesFence: null },
      { outputTokens: 40, estimated: true, outcome: 'useful', wastedTokens: 0, continuesFence: rows[0]?.fence },
      { estimated: false, outcome: 'useful', wastedTokens: 0, continuesFence: rows[1]?.fence },
    ]);
    // As long as nobody has gone on from it, it is wasted.
    expect(usageEvents(events, 'rewrite').map(({ wasted_tokens: wasted }) => wasted)).toEqual([
      tokens(rows.slice(0, 1)),
      tokens(rows.slice(0, 2)),
      0,
    ]);
    expect((await app.client.status(projectId)).usage).toMatchObject({ wasted_tokens: 0, estimated: true });
  });

  test('counts all of a text as wasted that was gone on from and then thrown away', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { cut: 60 });
    await studio.misbehave(mark, 'chat', { text: 'no JSON, however it begins '.repeat(30) });
    const { projectId, events } = await film(topic);
    const rows = await app.calls(projectId, 'storyboard');
    expect(rows.map(({ outcome }) => outcome)).toEqual(['wasted', 'wasted', 'useful']);
    expect(rows[1]).toMatchObject({ continuesFence: rows[0]?.fence, estimated: false });
    const lost = rows.slice(0, 2);
    const { usage } = await app.client.status(projectId);
    expect(usage.wasted_tokens).toBe(tokens(lost));
    expect(usage.wasted_cost).toBeCloseTo(
      lost.reduce((sum, row) => sum + text(row), 0),
      12,
    );
    expect(usage.useful_tokens).toBe(usage.input_tokens + usage.output_tokens - tokens(lost));
    expect(usageEvents(events, 'storyboard').at(-1)).toMatchObject({ wasted_tokens: tokens(lost) });
  });

  test('leaves out what the provider refused or failed to make, and counts an image whose answer was lost', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'image', { cut: 0 });
    await studio.misbehave(mark, 'image', { status: 429, retryAfter: 0.1 });
    await studio.misbehave(mark, 'video_submit', { video_failed: true });
    const { projectId } = await film(topic);
    expect(await app.calls(projectId, 'image_generation/1')).toMatchObject([
      { units: 1, cost: 0.04, wastedCost: 0.04, outcome: 'wasted', estimated: true },
      { units: 0, cost: 0, outcome: 'wasted' },
      { units: 1, cost: 0.04, wastedCost: 0, outcome: 'useful', estimated: false },
    ]);
    const [failed, made] = await app.calls(projectId, 'video_generation/1');
    expect(failed).toMatchObject({ units: 0, cost: 0, outcome: 'wasted' });
    expect(made?.cost).toBeCloseTo((made?.units ?? 0) * 0.1 + 0.05, 12);
    expect((await app.client.status(projectId)).usage).toMatchObject({
      images: 2,
      wasted_images: 1,
      video_seconds: made?.units,
      wasted_cost: 0.04,
      estimated: true,
    });
  });

  test('counts a text and a clip that a cancel left as wasted, until a new run continues with them', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 40 });
    const projectId = await begin(topic);
    await watchText(app.client, projectId, 40);
    await app.client.cancel(projectId);
    const cancelled = await watchToEnd(app.client, projectId);
    const [half] = await app.calls(projectId, 'rewrite');
    expect(half).toMatchObject({ outcome: 'wasted', estimated: true });
    expect(half?.outputTokens).toBeGreaterThanOrEqual(10);
    expect(usageEvents(cancelled, 'rewrite').at(-1)?.wasted_tokens ?? half?.wastedTokens).toBe(half?.wastedTokens);

    await studio.writeAbout(mark);
    // Nor does the provider state, when the run is cancelled, what became of the job: it is not ended there.
    await studio.misbehave(mark, 'video_poll', { slow_first_token: 60_000 }, 2);
    await app.client.start(projectId);
    await until('a poll of the job', async () =>
      (await studio.requests(mark)).some(({ kind }) => kind === 'video_poll'),
    );
    expect((await app.client.status(projectId)).usage).toMatchObject({ wasted_cost: 0 });
    await app.client.cancel(projectId);
    const events = await watchToEnd(app.client, projectId);
    const [clip] = await app.calls(projectId, 'video_generation/1');
    expect(clip).toMatchObject({ outcome: 'wasted', estimated: true });
    expect((await app.client.status(projectId)).usage.wasted_cost).toBe(clip?.cost);
    expect(usageEvents(events, 'video_generation/1').at(-1)).toMatchObject({ wasted_cost: clip?.cost });

    await app.client.start(projectId);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect(await app.calls(projectId, 'video_generation/1')).toMatchObject([{ id: clip?.id, outcome: 'useful' }]);
    expect((await app.client.status(projectId)).usage).toMatchObject({ wasted_cost: 0, wasted_tokens: 0 });
  });

  describe('and may cost', () => {
    async function startedToAttention(projectId: ProjectId): Promise<StoryEvent & { type: 'attention' }> {
      const events = await startAndWatch(app.client, projectId, ({ type }) => type === 'attention');
      return events.at(-1) as StoryEvent & { type: 'attention' };
    }
    const parkedOf = async (projectId: ProjectId) =>
      (await app.client.status(projectId)).lanes.filter(({ status }) => status === 'needs_attention');

    test('holds for lanes that run side by side, and a raise lets them continue', async () => {
      const { topic, mark } = ownTopic();
      await studio.writeAbout(mark);
      const budget = 0.11;
      const projectId = await app.client.create({ topic, settings: { scenes: 5 }, budget });
      await app.client.start(projectId);
      // Five images at 0.04 are asked for at once, and two of them fit.
      await until('five parked lanes', async () => (await parkedOf(projectId)).length === 5);
      const images = async () => (await studio.requests(mark)).filter(({ kind }) => kind === 'image').length;
      expect(await images()).toBe(2);
      const { usage, lanes, status, budget: known } = await app.client.status(projectId);
      expect({ status, known }).toEqual({ status: 'needs_attention', known: budget });
      expect(usage.cost).toBeLessThanOrEqual(budget);
      expect(usage).toMatchObject({ images: 2, wasted_cost: 0 });
      const told = lanes.find(({ lane }) => lane.startsWith('video'));
      expect(told?.attempt).toBeLessThanOrEqual(1);
      const parked = await parkedOf(projectId);
      expect(parked.filter(({ lane }) => lane.startsWith('image'))).toHaveLength(3);
      for (const { error } of parked) {
        expect(error).toMatchObject({ type: 'Budget.Exhausted', retryable: false });
        expect(error?.message).toContain('of a budget of 0.11.');
        expect(error?.message).toContain(`storyreel budget ${projectId} <amount>`);
      }

      await app.client.setBudget(projectId, 100);
      for (const { lane } of parked) await app.client.retry(projectId, lane);
      expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
      expect(await images()).toBe(5);
      expect((await app.client.status(projectId)).usage).toMatchObject({ images: 5, wasted_cost: 0 });
    });

    test('parks a text in the middle, and keeps it to continue from', async () => {
      const { topic, mark } = ownTopic();
      await studio.misbehave(mark, 'chat', { cut: 40 });
      // Room for the first call, and not for the second one on top of what the first has cost.
      const bytes = 500 + Buffer.byteLength(topic);
      const projectId = await app.client.create({
        topic,
        settings: { scenes: 1 },
        budget: (bytes + 4_000) / 1_000_000,
      });
      expect(await startedToAttention(projectId)).toMatchObject({
        lane: 'rewrite',
        error: { type: 'Budget.Exhausted' },
      });
      await app.client.setBudget(projectId, 1);
      const retry = () => app.client.retry(projectId, 'rewrite');
      const events = await watchUntil(app.client, projectId, () => false, retry);
      expect(events.some((event) => event.type === 'resumed' && event.lane === 'rewrite')).toBe(true);
      expect((await app.calls(projectId, 'rewrite')).map(({ outcome }) => outcome)).not.toContain('wasted');
    });

    test('needs prices, and states it before anything is paid', async () => {
      await app.dataSource.query(`UPDATE model_providers SET prices = NULL WHERE name = 'writer'`);
      const { topic, mark } = ownTopic();
      const projectId = await app.client.create({ topic, settings: { scenes: 1 }, budget: 1 });
      expect(await startedToAttention(projectId)).toMatchObject({
        lane: 'rewrite',
        error: { type: 'Budget.NoPrices', message: expect.stringMatching(/writer has no prices/) as string },
      });
      expect(await studio.requests(mark)).toEqual([]);
      await app.dataSource.query(`UPDATE model_providers SET prices = $1 WHERE name = 'writer'`, [PRICES.text]);
      await app.client.setBudget(projectId);
      await app.client.retry(projectId, 'rewrite');
      expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    });

    test('is stated, seen and raised at the command line', async () => {
      const shell = new CommandLine(() => app.config);
      await shell.run('generate', ownTopic().topic, '--scenes', '1', '--budget', '0.02');
      expect(shell.exitCode).toBe(EXIT_CODES.parked.code);
      const { projectId } = (await app.client.list({ limit: 1 }))[0] as { projectId: ProjectId };
      expect(shell.stdout).toContain(`storyreel budget ${projectId} <amount>`);
      await shell.run('status', projectId);
      expect(shell.stdout).toMatch(/paid \d+ tokens; cost 0\.\d+: 0\.\d+ useful, 0\.00 wasted; budget 0\.02/);

      await shell.run('budget', projectId, '0.90');
      expect(shell.stdout).toMatch(/The project may cost 0\.9\.\n$/);
      await shell.run('retry', projectId, 'image_generation');
      expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
      await shell.run('budget', projectId, 'none');
      expect(await app.client.status(projectId)).not.toHaveProperty('budget');
    });

    test.each([-1, Number.NaN, Infinity])('is no %p', async (budget) => {
      await expect(app.client.create({ topic: 'a fox', budget })).rejects.toMatchObject({ type: 'Project.Invalid' });
    });
  });
});
