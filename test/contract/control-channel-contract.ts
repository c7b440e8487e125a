import { randomUUID } from 'node:crypto';
import { laneId, type ProjectId, type StopRequest } from '../../src/protocol';
import type { ControlChannel } from '../../src/stream';
import { until } from '../support/until';

export function aStop(): StopRequest {
  return { projectId: randomUUID() as ProjectId, runId: randomUUID(), lanes: [laneId('image_generation', 3)] };
}

/** What a listener hears from now on. */
export function hearing(channel: ControlChannel) {
  const heard: StopRequest[] = [];
  const leave = channel.listen((request) => void heard.push(request));
  return { heard, leave };
}

/** What every control channel must do. `open` gives channels that reach each other. */
export function controlChannelContract(name: string, open: () => Promise<ControlChannel>): void {
  describe(name, () => {
    let channel: ControlChannel;
    beforeAll(async () => void (channel = await open()));
    afterAll(() => channel.close());

    test('is up once somebody listens, and notifies every listener what was asked', async () => {
      expect(channel.isReady).toBe(false);
      const [one, other] = [hearing(channel), hearing(channel)];
      await until('it is up', () => channel.isReady);
      const [narrow, wide] = [aStop(), { projectId: randomUUID() as ProjectId }];
      expect(await channel.stop(narrow)).toBe(true);
      expect(await channel.stop(wide)).toBe(true);
      for (const { heard } of [one, other]) {
        await until('both are heard', () => heard.some(({ projectId }) => projectId === wide.projectId));
        // A stop may be told twice.
        expect(heard).toContainEqual(narrow);
        expect(heard).toContainEqual(wide);
      }
      one.leave();
      other.leave();
    });

    test('notifies nobody who has left', async () => {
      const [gone, there] = [hearing(channel), hearing(channel)];
      gone.leave();
      const request = aStop();
      await channel.stop(request);
      await until('it is heard', () => there.heard.length > 0);
      expect(gone.heard).toEqual([]);
      there.leave();
    });
  });
}
