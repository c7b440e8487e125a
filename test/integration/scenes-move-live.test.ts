import { ModelUsage } from '../../src/entities';
import type { ProjectId } from '../../src/protocol';
import { startPricedApp, type PricedApp } from '../support/priced-app';
import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('What a run knows of its scenes, while a person moves them', () => {
  let app: PricedApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startPricedApp();
  });
  afterAll(() => app.close());

  const NAMES = ['alpha', 'beta', 'gamma'] as const;

  /** A run whose scenes can be told apart by their names in every prompt. */
  async function begin(
    plan: (promptOf: (name: (typeof NAMES)[number]) => string) => Promise<void>,
  ): Promise<ProjectId> {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: NAMES.length } });
    await app.client.start(projectId, { gates: ['storyboard'] });
    await until(
      'the scenes are there',
      async () => (await app.client.status(projectId)).status === 'awaiting_approval',
    );
    const scenes = NAMES.map((name, i) => ({ scene_number: i + 1, visual_prompt: `A hill called ${mark}${name}.` }));
    await app.client.edit(projectId, { scenes });
    await plan((name) => mark + name);
    await app.client.approve(projectId, 'storyboard');
    return projectId;
  }

  const standing = async (projectId: ProjectId, lane: string) =>
    (await app.client.status(projectId)).lanes.find((each) => each.lane === lane)?.status;
  const ofRun = async (projectId: ProjectId, lane: string) =>
    (await app.client.runStatus(projectId))?.lanes.find((each) => each.lane === lane)?.status;
  const booked = async (projectId: ProjectId) => {
    const rows = await app.dataSource.getRepository(ModelUsage).findBy({ projectId, outcome: 'useful' });
    return rows.map(({ lane }) => lane).filter((lane) => /image|video/.test(lane));
  };

  test('a skipped clip, a parked image and what was paid stay with their scenes', async () => {
    const projectId = await begin(async (promptOf) => {
      await studio.misbehave(promptOf('beta'), 'image', { status: 400 });
      await studio.misbehave(promptOf('gamma'), 'image', { status: 400 });
    });
    await until('all that can be made is made', async () => {
      const { lanes } = await app.client.status(projectId);
      const parked = lanes.filter(({ status }) => status === 'needs_attention').length;
      return parked === 2 && lanes.find(({ lane }) => lane === 'video_generation/1')?.status === 'completed';
    });
    await app.client.skip(projectId, 'video_generation/3');
    await app.client.edit(projectId, { order: [3, 2], remove: [1] });
    for (const view of [standing, ofRun]) {
      await until('the lanes have moved', async () => (await view(projectId, 'video_generation/1')) === 'skipped');
      expect(await view(projectId, 'image_generation/1')).toBe('needs_attention');
      expect(await view(projectId, 'image_generation/2')).toBe('needs_attention');
      expect(await view(projectId, 'video_generation/2')).toBe('pending');
    }
    expect(await booked(projectId)).toEqual([
      expect.stringMatching(/^image_generation\/[0-9a-f-]{36}$/),
      expect.stringMatching(/^video_generation\/[0-9a-f-]{36}$/),
    ]);
    const ended = watchToEnd(app.client, projectId);
    await app.client.retry(projectId, 'image_generation/2');
    await app.client.retry(projectId, 'image_generation/1');
    expect((await ended).at(-1)?.type).toBe('pipeline_done');
    const { film, lanes } = await app.client.status(projectId);
    expect(film).toMatchObject({ scenes: 2, stills: [1] });
    expect(lanes.filter(({ status }) => status !== 'completed').map(({ lane }) => lane)).toEqual([
      'video_generation/1',
    ]);
    expect((await booked(projectId)).filter((lane) => /\/\d+$/.test(lane)).sort()).toEqual([
      'image_generation/1',
      'image_generation/2',
      'video_generation/2',
    ]);
  });

  test('a clip that is under way while its scene moves is paid and booked once', async () => {
    let prompt = '';
    const projectId = await begin(async (promptOf) => {
      prompt = promptOf('gamma');
      await studio.misbehave(prompt, 'video_submit', { slow_first_token: 2_000 });
    });
    const ended = watchToEnd(app.client, projectId);
    await until('the clip is asked for', async () =>
      (await studio.requests(prompt)).some(({ kind }) => kind === 'video_submit'),
    );
    await app.client.edit(projectId, { order: [3, 2, 1] });
    expect((await ended).at(-1)?.type).toBe('pipeline_done');
    const rows = await app.dataSource.getRepository(ModelUsage).findBy({ projectId, unit: 'second' });
    expect(rows.map(({ lane, outcome }) => `${lane} ${outcome}`).sort()).toEqual(
      [1, 2, 3].map((scene) => `video_generation/${scene} useful`),
    );
    expect(await studio.jobs(prompt)).toHaveLength(1);
    const { usage } = await app.client.status(projectId);
    expect(usage.wasted_video_seconds).toBeUndefined();
  });
});
