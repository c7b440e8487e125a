import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { StoryClient } from '../../src/client';
import { OpenAnswers } from '../../src/gateway/open-answers';
import { ProjectHub } from '../../src/gateway/stream/project-hub';
import { Rounds } from '../../src/gateway/stream/rounds';
import { Turns } from '../../src/gateway/stream/turns';
import { Viewer } from '../../src/gateway/stream/viewer';
import { untilChanged } from '../../src/gateway/wait';
import { cursorOf, StoryreelError } from '../../src/protocol';
import { MemoryEventLog } from '../support/memory-log';
import { until } from '../support/until';
import { WatchedStory } from '../support/watched-story';

/** After so long without a viewer, a hub ends. */
const LINGER_MS = 30_000;
let story: WatchedStory;
let server: Server;
const sockets: Socket[] = [];

beforeEach(async () => {
  story = new WatchedStory();
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  story.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

function hubOf(watch: StoryClient['watch'] = (_, options) => story.watch(options)): ProjectHub {
  return new ProjectHub({ watch } as StoryClient, story.projectId, new Turns(4), new Rounds(), () => undefined);
}

/** The gateway's side of a connection, and what has come out at the other end. */
async function connected(): Promise<{ readonly response: ServerResponse; readonly received: () => string }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.on('data', (data: Buffer) => (received += data.toString('utf8')));
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  return { response, received: () => received };
}

test('A viewer whose hub closes while it enters is let go, so that it comes back to another', async () => {
  const hub = hubOf();
  const entry = await hub.enter(undefined);
  hub.close();
  const { response } = await connected();
  const viewer = new Viewer(response, 'full', hub.deliver, hub.forget);
  if (entry.kind === 'nothing') throw new Error('there is a snapshot');
  await hub.attach(viewer, entry);
  await until('its stream is over', () => response.writableFinished);
  expect([...hub.all()]).toEqual([]);
});

test('A hub stays as long as it has a viewer, also if another one has only looked in', async () => {
  const timers = jest.spyOn(global, 'setTimeout');
  const hub = hubOf();
  const entry = await hub.enter(undefined);
  const { response, received } = await connected();
  if (entry.kind === 'nothing') throw new Error('there is a snapshot');
  await hub.attach(new Viewer(response, 'full', hub.deliver, hub.forget), entry);
  await hub.enter(undefined);
  const [late] = timers.mock.calls.findLast(([, ms]) => ms === LINGER_MS) ?? [];
  timers.mockRestore();
  late?.();
  expect(late).toBeDefined();
  await story.note('still here');
  await until('news', () => received().includes('still here'));
  hub.close();
});

test('A viewer who enters a hub of an ended run when the next run has begun follows that one', async () => {
  const hub = hubOf();
  await hub.enter(undefined);
  await story.end();
  await until('the hub is over', () => hub.isOver);
  story.status = 'processing';
  story.lane = { status: 'processing', fence: 2 };
  await story.write('a hare', { fence: 2 });
  // A snapshot is shared for a moment.
  const entry = await until('the next run', async () => {
    const found = await hub.enter(undefined);
    return found.kind === 'replay' && found;
  });
  const { response, received } = await connected();
  const viewer = new Viewer(response, 'full', hub.deliver, hub.forget);
  const attached = hub.attach(viewer, entry);
  await until('the snapshot', () => received().includes('"type":"snapshot"'));
  expect(received()).not.toContain('run_ended');
  await story.note('still here');
  await until('news of it', () => received().includes('still here'));
  await story.end();
  await attached;
  await until('its end', () => received().includes('{"type":"end","reason":"run_ended"}'));
  hub.close();
});

test('A viewer with the cursor of another project, which lies between the events of this one, begins with a snapshot', async () => {
  const hub = hubOf();
  await story.note('first');
  await hub.enter(undefined);
  const ms = Date.now();
  await until('later', () => Date.now() > ms + 1);
  await story.note('second');
  const last = (await story.log.snapshot(story.projectId)).cursor;
  await until('the hub has it', async () => (await hub.enter(last)).kind === 'resume');
  const entry = await hub.enter(cursorOf(ms, 7));
  // A snapshot of a moment ago lies before the cursor, and a new one behind it.
  const first = entry.kind === 'replay' ? entry.first : entry.kind === 'snapshot' && entry.snapshot;
  expect(first).toMatchObject({ type: 'snapshot' });
  hub.close();
});

test('A viewer comes back to another hub if the log was lost while the clock was set back', async () => {
  const hub = hubOf();
  await story.note('old');
  const entry = await hub.enter(undefined);
  const { response } = await connected();
  if (entry.kind === 'nothing') throw new Error('there is a snapshot');
  await hub.attach(new Viewer(response, 'full', hub.deliver, hub.forget), entry);
  const before = Date.now() - 60_000;
  const clock = jest.spyOn(Date, 'now').mockReturnValue(before);
  story.log.inner = new MemoryEventLog();
  await story.note('new');
  clock.mockRestore();
  story.log.interrupt();
  await until('its stream is over', () => response.writableFinished);
  expect(hub.isOver).toBe(true);
});

test('A viewer who comes back from before an edit gets the snapshot with what was edited', async () => {
  await story.note('before');
  const { cursor } = await story.log.snapshot(story.projectId);
  await story.log.inner.publish({
    projectId: story.projectId,
    stage: 'pipeline',
    events: [{ type: 'edited', version: 2 }],
  });
  const hub = hubOf();
  const entry = await hub.enter(cursor);
  const { response, received } = await connected();
  if (entry.kind === 'nothing') throw new Error('there is an edit');
  await hub.attach(new Viewer(response, 'full', hub.deliver, hub.forget), entry);
  await until('it has caught up', () => received().includes('caught_up'));
  expect(received()).toMatch(/"type":"edited".*"type":"snapshot"/s);
  hub.close();
});

test('A request that waits fails once if Postgres fails it, and leaves no failure behind that would end the process', async () => {
  const lost: unknown[] = [];
  const onLost = (error: unknown) => lost.push(error);
  process.on('unhandledRejection', onLost);
  const away = new StoryreelError('Service.Unreachable', 'Postgres is away.');
  const hub = hubOf(() => {
    throw away;
  });
  const open = new OpenAnswers(async () => []);
  const { response } = await connected();
  try {
    const wait = { hub, seconds: 5, open, response };
    await expect(
      untilChanged(
        () => Promise.reject(away),
        () => true,
        wait,
      ),
    ).rejects.toBe(away);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lost).toEqual([]);
  } finally {
    process.off('unhandledRejection', onLost);
    await open.close();
    hub.close();
  }
});
