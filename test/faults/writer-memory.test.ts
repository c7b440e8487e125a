import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { laneId, type ProjectId } from '../../src/protocol';
import { TextWriter, type EventLog } from '../../src/stream';
import { FaultyLog } from '../support/faulty-log';
import { until } from '../support/until';
import { MemoryEventLog } from '../support/memory-log';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const PIECES = 400_000;
/** What lets the calls through that are held. */
const gates: (() => void)[] = [];

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function writerOn(log: EventLog): TextWriter {
  const writer = { projectId: randomUUID() as ProjectId, lane: laneId('rewrite'), fence: 1, attempt: 1 };
  return new TextWriter({ log, writer });
}

/** As a provider sends them: a turn of the event loop now and then, a string of its own for every token. */
async function writeAll(text: TextWriter): Promise<void> {
  for (let i = 0; i < PIECES; i++) {
    text.write(String.fromCharCode(97 + (i % 26), 97 + (i % 25), 32));
    if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

test.each([
  [
    'refuses every call',
    { strike: (log: FaultyLog) => void (log.away = true), mend: (log: FaultyLog) => void (log.away = false) },
  ],
  ['answers no call', { strike: (log: FaultyLog) => (gates.push(log.hold()), undefined), mend: () => gates.pop()?.() }],
])('While the log %s, the writer holds little more than the text, and sends all of it afterwards', async (_, fault) => {
  const log = new FaultyLog(new MemoryEventLog());
  const text = writerOn(log);
  fault.strike(log);
  const before = heapBytes();
  await writeAll(text);
  expect((heapBytes() - before) / Buffer.byteLength(text.text)).toBeLessThan(6);
  fault.mend(log);
  await until('all is sent', () => text.settled);
  expect(log.appends.length).toBeLessThan(20);
  text.close();
});
