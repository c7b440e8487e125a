import type { StoryEvent } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchUntil } from '../support/stories';

describe('A stage that is made again after a rejection', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('is announced anew: how far it is, each of its items, and its end after all of them', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
    const stage = 'camera_movement';
    await app.client.start(projectId, { stages: ['rewrite', 'storyboard', stage], gates: [stage] });
    const atGate = ({ type }: StoryEvent) => type === 'awaiting';
    await watchUntil(app.client, projectId, atGate);
    let isRejected = false;
    const seen = watchUntil(app.client, projectId, (event) => {
      // The first one is a snapshot of the gate.
      if (event.type === 'snapshot') void app.client.reject(projectId, stage, { reason: 'slower' });
      isRejected ||= event.type === 'progress';
      return isRejected && atGate(event);
    });
    const told = (await seen).filter((event) => event.type !== 'snapshot' && event.stage === stage);
    const of = (...types: string[]) => told.filter(({ type }) => types.includes(type));
    expect(of('progress')).toMatchObject([
      { current: 1, total: 2 },
      { current: 2, total: 2 },
    ]);
    expect(of('item_completed', 'stage_completed').map(({ type }) => type)).toEqual([
      'item_completed',
      'item_completed',
      'stage_completed',
    ]);
    await app.client.cancel(projectId);
  });
});
