import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { MessageAnswer, StoryStatusView } from '../../src/protocol';
import { ScriptedScenes } from '../support/scripted-scenes';
import { ScriptedWorkflows } from '../support/scripted-workflows';
import { until } from '../support/until';

/** The workflow on a real server, with activities that know of scenes what Postgres would. */
describe('A run whose scenes are removed, added and moved while it is live', () => {
  let workflows: ScriptedWorkflows;

  beforeAll(async () => {
    workflows = await ScriptedWorkflows.open();
  });
  afterAll(() => workflows.close());

  const waiting = ({ lanes }: StoryStatusView): string[] =>
    lanes.filter(({ status }) => status === 'needs_attention').map(({ lane }) => lane);
  const statusOf = async (run: ScriptedScenes, lane: string) =>
    (await run.status()).lanes.find((each) => each.lane === lane)?.status;

  /** The run has so many signals of this name in its history, in the order in which they were sent. */
  async function heardOf(run: ScriptedScenes, signal: string, times = 1): Promise<void> {
    await until(`${signal} has come`, async () => {
      const { events } = await run.handle.fetchHistory();
      const names = (events ?? []).map(({ workflowExecutionSignaledEventAttributes: its }) => its?.signalName);
      return names.filter((name) => name === signal).length === times;
    });
  }

  /** All that can be made is made, and what waits for a person is named as it is called now. */
  async function atRest(run: ScriptedScenes): Promise<void> {
    const parked = run.scenes.filter((scene) => run.broken.has(scene));
    const names = parked.map((scene) => `image_generation/${run.numberOf(scene)}`);
    await until('all that waits has its name of now', async () => waiting(await run.status()).join() === names.join());
  }

  /** All pictures can be drawn now. A retry that crosses an edit, or an attempt, may come too early. */
  async function ended(run: ScriptedScenes): Promise<void> {
    run.broken.clear();
    await until('the run ends', async (saw) => {
      if (waiting(saw(await run.status())).length > 0) await run.handle.signal('retry', { lane: 'image_generation' });
      return (await run.handle.describe()).status.name === 'COMPLETED';
    });
  }

  test('never skips another scene than the one that was named', async () => {
    const run = new ScriptedScenes(workflows, 3);
    const [first = '', second = '', third = ''] = run.scenes;
    for (const scene of run.scenes) run.broken.add(scene);
    await run.start();
    await atRest(run);
    await run.handle.signal('skip', { lane: 'video_generation/1' });
    await until('it is skipped', async () => (await statusOf(run, 'video_generation/1')) === 'skipped');
    await run.edit([third, second, first]);
    await until('it is scene 3', async () => (await statusOf(run, 'video_generation/3')) === 'skipped');
    await run.edit([second, third]);
    await ended(run);
    expect(await run.handle.result()).toMatchObject({ status: 'completed', scenes: 2 });
    expect(new Set(run.skipped)).toEqual(new Set([`video_generation ${first}`]));
    expect(run.made).toEqual(expect.arrayContaining([`video_generation ${second}`, `video_generation ${third}`]));
  });

  test('takes a parked lane by the number that its scene has now, also while the run is paused', async () => {
    const run = new ScriptedScenes(workflows, 4);
    const [first = '', second = '', third = '', fourth = ''] = run.scenes;
    run.broken.add(fourth);
    await run.start();
    await atRest(run);
    await run.handle.executeUpdate('pause', { args: [{}] });
    await run.edit([first, third, fourth]);
    await atRest(run);
    run.broken.clear();
    const answer = await run.handle.executeUpdate<MessageAnswer, [object]>('retry', {
      args: [{ lane: 'image_generation/3' }],
    });
    expect(answer.lanes).toEqual(['image_generation/3']);
    await run.handle.signal('resume', {});
    expect(await run.handle.result()).toMatchObject({ status: 'completed', scenes: 3 });
    expect(run.made.filter((each) => each === `image_generation ${fourth}`)).toHaveLength(1);
    expect(run.made).toContain(`image_generation ${second}`);
  });

  test('a message that names a lane while an edit is being stored means what the lane is called after it', async () => {
    const run = new ScriptedScenes(workflows, 3);
    const [first = '', second = '', third = ''] = run.scenes;
    for (const scene of run.scenes) run.broken.add(scene);
    await run.start();
    await atRest(run);
    let commit = () => undefined as void;
    const edited = run.edit([second, third], { commit: new Promise<void>((resolve) => (commit = resolve)) });
    await heardOf(run, 'edited');
    await run.handle.signal('skip', { lane: 'image_generation/1' });
    commit();
    await edited;
    await until('it is skipped', () => run.skipped.length > 0);
    await ended(run);
    expect(new Set(run.skipped)).toEqual(new Set([`image_generation ${second}`, `video_generation ${second}`]));
    expect(run.made).not.toContain(`image_generation ${first}`);
  });

  test('a lane that runs while its scene moves makes nothing for another one, also where no word of the edit came', async () => {
    const run = new ScriptedScenes(workflows, 3);
    const [first = '', second = '', third = ''] = run.scenes;
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    let begun = 0;
    run.before = async ({ lane }) => {
      if (!lane.startsWith('image_generation')) return;
      begun += 1;
      await held;
    };
    await run.start();
    await until('images are drawn', () => begun === 3);
    run.scenes = [third, first, randomUUID()];
    release();
    expect(await run.handle.result()).toMatchObject({ status: 'completed', scenes: 3 });
    expect(run.made).not.toContain(`video_generation ${second}`);
    expect(run.films.at(-1)).toEqual(run.scenes);
    expect(new Set(run.made).size).toBe(run.made.length);
  });

  test('ends that could not be announced are announced for their own scenes, whatever numbers those have by then', async () => {
    const run = new ScriptedScenes(workflows, 3);
    const [first = '', second = '', third = ''] = run.scenes;
    run.broken.add(third);
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    run.announced = false;
    run.announce = async () => {
      await held;
      throw new Error('the log is away');
    };
    const ends = ['image_generation', 'video_generation'].flatMap((stage) => [
      `${stage} ${first}`,
      `${stage} ${second}`,
    ]);
    const told: string[] = [];
    await run.start();
    await atRest(run);
    await until('the other scenes are made', () => ends.every((end) => run.made.includes(end)));
    await until('their ends are settled', async () =>
      (await run.status()).lanes
        .filter(({ lane }) => /^video_generation.[12]$/.test(lane))
        .every(({ status }) => status === 'completed'),
    );
    run.announced = true;
    run.announce = async ({ lane, scene }) => void told.push(`${lane.split('/')[0]} ${scene}`);
    await run.edit([third, second, first]);
    await until('all of it is announced', () => ends.every((end) => told.includes(end)));
    release();
    await ended(run);
    expect(told.filter((end) => /^(image|video)/.test(end)).sort()).toEqual([...ends].sort());
  });

  test('a message that crosses a second edit is refused, rather than taken for another scene', async () => {
    const run = new ScriptedScenes(workflows, 3);
    const [first = '', second = '', third = ''] = run.scenes;
    for (const scene of run.scenes) run.broken.add(scene);
    await run.start();
    await atRest(run);
    let commit = () => undefined as void;
    const edits = [run.edit([second, third], { commit: new Promise<void>((resolve) => (commit = resolve)) })];
    await heardOf(run, 'edited');
    await run.handle.signal('skip', { lane: 'image_generation/1' });
    edits.push(run.edit([third, first], { commit: edits[0] }));
    await heardOf(run, 'edited', 2);
    commit();
    await Promise.all(edits);
    await ended(run);
    expect(run.skipped).toEqual([]);
  });

  type Act =
    | { readonly kind: 'order'; readonly keys: readonly number[]; readonly times: number }
    | { readonly kind: 'remove' | 'skip' | 'mend'; readonly at: number }
    | { readonly kind: 'add'; readonly at: number; readonly broken: boolean };

  const at = fc.nat(9);
  const acts = fc.array(
    fc.oneof<fc.Arbitrary<Act>[]>(
      fc.record({
        kind: fc.constant('order'),
        keys: fc.array(fc.nat(), { minLength: 9, maxLength: 9 }),
        times: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({ kind: fc.constantFrom('remove', 'skip', 'mend'), at }),
      fc.record({ kind: fc.constant('add'), at, broken: fc.boolean() }),
    ),
    { minLength: 3, maxLength: 8 },
  );

  test('skips, parks and pays by scene, whatever is removed, added and moved between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 5 }), fc.nat(31), acts, async (count, brokenOnes, wanted) => {
        const run = new ScriptedScenes(workflows, count);
        run.scenes.forEach((scene, i) => brokenOnes & (1 << i) && run.broken.add(scene));
        // Keeps the run from its end.
        const [anchor = ''] = run.scenes;
        run.broken.add(anchor);
        const skipped = new Set<string>();
        const others = () => run.scenes.filter((scene) => scene !== anchor);
        const play = async (act: Act): Promise<void> => {
          const { scenes } = run;
          const open = others().filter((scene) => run.broken.has(scene));
          if (act.kind === 'order') {
            const key = (scene: string) => act.keys[scenes.indexOf(scene)] ?? 0;
            await run.edit(
              [...scenes].sort((a, b) => key(a) - key(b)),
              act,
            );
          } else if (act.kind === 'add') {
            const scene = randomUUID();
            if (act.broken) run.broken.add(scene);
            const place = act.at % (scenes.length + 1);
            await run.edit([...scenes.slice(0, place), scene, ...scenes.slice(place)]);
          } else if (act.kind === 'remove') {
            const scene = others()[act.at % Math.max(1, others().length)];
            await run.edit(scenes.filter((each) => each !== scene));
          } else {
            const scene = open[act.at % Math.max(1, open.length)];
            if (scene === undefined) return;
            const lane = (stage: string) => ({ lane: `${stage}/${run.numberOf(scene)}` });
            const { lane: image } = lane('image_generation');
            await until('the image waits', async () => waiting(await run.status()).includes(image));
            if (act.kind === 'skip') {
              skipped.add(scene);
              return run.handle.signal('skip', lane('video_generation'));
            }
            run.broken.delete(scene);
            const retried = () => run.handle.executeUpdate('retry', { args: [lane('image_generation')] });
            // A scene that has just come may be mended before it was tried.
            const isMade = () => run.made.includes(`image_generation ${scene}`);
            await until('it is retried', () => retried().then(Boolean, isMade));
          }
        };
        await run.start();
        await atRest(run);
        for (const act of wanted) await play(act);
        await atRest(run);
        await ended(run);
        expect(await run.handle.result()).toMatchObject({ status: 'completed', scenes: run.scenes.length });
        // One that crossed an edit may have been refused; none has hit another scene.
        const isSkipped = (scene: string) => run.skipped.includes(`video_generation ${scene}`);
        for (const name of run.skipped)
          expect([...skipped].map((scene) => `video_generation ${scene}`)).toContain(name);
        const made = new Set(run.made);
        expect(made.size).toBe(run.made.length);
        for (const scene of run.scenes) {
          expect(made.has(`image_generation ${scene}`)).toBe(true);
          expect(made.has(`video_generation ${scene}`)).toBe(!isSkipped(scene));
        }
        expect(run.films.at(-1)).toEqual(run.scenes);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});
