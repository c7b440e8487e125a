import fc from 'fast-check';
import { StoryreelError, type ProjectId, type StoryClient } from '../../src/client';
import { anyJson, anyText } from './arbitraries';

/** One call of the client with anything, as a program without types makes it. */
export interface ClientCall {
  readonly method: string;
  readonly given: readonly unknown[];
}

type Method = (client: StoryClient, id: ProjectId, ...given: never[]) => unknown;

/** Every method that takes text or options, with a project that exists or, if its first argument is an id, any id. */
const METHODS: Readonly<Record<string, Method>> = {
  create: (client, _id, given) => client.create(given),
  createText: (client, _id, topic, name, owner, style) => client.create({ topic, name, owner, settings: { style } }),
  start: (client, id, options) => client.start(id, { ...(options as object), stages: ['nonsense'] }),
  startOptions: (client, _id, id, options) => client.start(id, options),
  status: (client, _id, id) => client.status(id),
  runStatus: (client, _id, id) => client.runStatus(id),
  edit: (client, id, changes, options) => client.edit(id, changes, options),
  editText: (client, id, topic, by) => client.edit(id, { topic }, { by }),
  editable: (client, _id, id) => client.editable(id),
  textEdits: (client, _id, id) => client.textEdits(id),
  calls: (client, _id, id) => client.overview.calls(id),
  explain: (client, id, options) => client.explain(id, options),
  list: (client, _id, filter) => client.list(filter),
  watch: (client, id, options) => firstOf(client.watch(id, options)),
  watchAny: (client, _id, id) => firstOf(client.watch(id)),
  pause: (client, id, options) => client.pause(id, options),
  resume: (client, _id, id) => client.resume(id),
  retry: (client, id, lane) => client.retry(id, lane),
  skip: (client, id, lane) => client.skip(id, lane),
  cancelLane: (client, id, lane) => client.cancelLane(id, lane),
  approve: (client, id, gate) => client.approve(id, gate),
  reject: (client, id, gate, rejection) => client.reject(id, gate, rejection),
  rejectText: (client, id, reason) => client.reject(id, 'rewrite', { reason }),
  cancel: (client, _id, id) => client.cancel(id),
  delete: (client, _id, id) => client.delete(id),
  setBudget: (client, id, amount) => client.setBudget(id, amount),
  batch: (client, _id, projects, options) => client.batch(projects, options),
  batchText: (client, _id, topic, batchId) => client.batch([{ topic, priority: 9 as never }], { batchId }),
  batchStatus: (client, _id, batchId) => client.batchStatus(batchId),
  watchBatch: (client, _id, batchId) => firstOf(client.watchBatch(batchId)),
  cancelBatch: (client, _id, batchId) => client.cancelBatch(batchId),
};

export const anyClientCall: fc.Arbitrary<ClientCall> = fc.record({
  method: fc.constantFrom(...Object.keys(METHODS)),
  given: fc.array(fc.oneof(anyText, anyJson, fc.anything()), { minLength: 0, maxLength: 4 }),
});

/** A call may only end with an answer or a `StoryreelError` that names the fault. Returns any other outcome. */
export async function callClient(
  client: StoryClient,
  id: ProjectId,
  { method, given }: ClientCall,
): Promise<string | undefined> {
  try {
    await METHODS[method]?.(client, id, ...(given as never[]));
    return undefined;
  } catch (error) {
    if (!(error instanceof StoryreelError)) return `${method} threw ${String(error)}`;
    if (error.type === 'Internal' || error.type === 'Database.Refused') return `${method}: ${error.message}`;
    return Buffer.byteLength(error.message) > MAX_MESSAGE_BYTES ? `${method} has a very long message` : undefined;
  }
}

const MAX_MESSAGE_BYTES = 2_000;
const FIRST_MS = 1_000;

/** The first answer, if there is one soon. */
async function firstOf(watch: AsyncGenerator<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, FIRST_MS)));
  await Promise.race([watch.next(), late]).finally(() => {
    clearTimeout(timer);
    void watch.return(undefined).catch(() => undefined);
  });
}
