import { randomUUID } from 'node:crypto';
import { StopSignals } from '../../src/activities';
import { laneId, type ProjectId, type StopRequest } from '../../src/protocol';
import { MemoryControlChannel } from '../support/memory-control';

const projectId = randomUUID() as ProjectId;
const RUN = 'the run as viewers follow it';
const EXECUTION = 'the execution after a workflow reset';
const LANE = laneId('image_generation', 3);

describe('A lane that runs', () => {
  test.each<[string, boolean, Partial<StopRequest>]>([
    ['stops when its project is stopped', true, {}],
    ['stops when its run is stopped', true, { runId: RUN }],
    ['stops when its execution is stopped', true, { runId: EXECUTION }],
    ['continues when an older run is stopped', false, { runId: 'the run before' }],
    ['stops when it is named', true, { runId: RUN, lanes: [laneId('film'), LANE] }],
    ['continues when others are named', false, { runId: RUN, lanes: [laneId('image_generation', 4)] }],
    ['continues when it is named for an older run', false, { runId: 'the run before', lanes: [LANE] }],
    ['continues when it was begun after the stop', false, { runId: RUN, before: 6 }],
    ['continues when another project is stopped', false, { projectId: randomUUID() as ProjectId }],
  ])('%s', async (_, stops, request) => {
    const control = new MemoryControlChannel();
    const signals = new StopSignals(control);
    let stopped = 0;
    const leave = signals.register({ projectId, lane: LANE, fence: 7, runIds: [RUN, EXECUTION] }, () => (stopped += 1));
    await control.stop({ projectId, ...request });
    expect(stopped).toBe(stops ? 1 : 0);
    leave();
    await control.stop({ projectId });
    expect(stopped).toBe(stops ? 1 : 0);
    signals.close();
  });
});
