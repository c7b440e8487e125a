import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { ProjectId } from '../../src/protocol';
import { CommandLine } from '../support/command-line';
import { testEnv } from '../support/services';

const config = readConfig(testEnv());

/** The command line in this process; what it reads from standard input is `input`. */
async function storyreel(args: readonly string[], input = ''): Promise<{ code: number; text: string; said: string }> {
  const shell = new CommandLine(() => config, { input });
  await shell.runToExit(...args);
  return { code: shell.exitCode, text: shell.stdout, said: shell.stderr };
}

describe('A person at the command line', () => {
  let projectId: ProjectId;

  beforeAll(async () => {
    const client = await StoryClient.connect(config);
    projectId = await client.create({ topic: 'a lighthouse keeper', settings: { scenes: 2 } });
    await client.close();
  });

  const edit = (args: readonly string[], input?: string) => storyreel(['edit', projectId, ...args], input);

  async function printed(): Promise<Record<string, unknown> & { scenes: Record<string, unknown>[] }> {
    const { text } = await edit([]);
    return JSON.parse(text) as never;
  }

  test('writes scenes, changes them, gives them another order, and reads them back', async () => {
    const scene = (words: string) => ['--add-scene', '--narration', words, '--visual-prompt', `A picture of ${words}`];
    await edit(['--rewrite', '-'], 'The keeper waits. 风暴 comes.\n');
    expect(await edit([...scene('fog'), '--camera', 'zoom_in'])).toMatchObject({ code: 0, text: 'Version 3.\n' });
    await edit([...scene('storm'), '--at', '1']);
    await edit(['--scene', '2', '--duration', '4.5', '--shot', 'Close Up', '--speed', 'slow']);
    await edit(['--order', '2,1']);
    expect(await printed()).toEqual({
      version: 6,
      topic: 'a lighthouse keeper',
      settings: { language: null, frame: null },
      rewrite: 'The keeper waits. 风暴 comes.',
      scenes: [
        {
          scene_number: 1,
          narration: 'fog',
          visual_prompt: 'A picture of fog',
          shot_type: 'close_up',
          duration: 4.5,
          camera: { movement: 'zoom_in', speed: 'slow' },
        },
        { scene_number: 2, narration: 'storm', visual_prompt: 'A picture of storm', shot_type: 'wide', duration: 3 },
      ],
      order: [1, 2],
    });
  });

  test('is shown what a run would make, and why', async () => {
    const { text } = await storyreel(['explain', projectId]);
    expect(text.split('\n')).toEqual([
      'rewrite             reused: written by hand',
      'storyboard          reused: written by hand',
      'image_generation/1  new',
      'image_generation/2  new',
      'camera_movement/1   reused: written by hand',
      'camera_movement/2   new',
      'video_generation/1  new; depends on image_generation/1',
      'video_generation/2  new; depends on image_generation/2, camera_movement/2',
      'film                new; depends on video_generation/1, video_generation/2',
      '',
      '6 to make, 0 that depend on them, 3 used again.',
      '',
    ]);
    const { lanes } = JSON.parse((await storyreel(['explain', projectId, '--json'])).text) as { lanes: unknown[] };
    expect(lanes[6]).toEqual({ lane: 'video_generation/1', reason: 'new', on: ['image_generation/1'] });
  });

  test('gives back what was printed, with changes, once', async () => {
    const document = await printed();
    const changed = { ...document, topic: 'a lighthouse', order: [2, 1] };
    expect((await edit(['--json', '-'], JSON.stringify(changed))).text).toBe('Version 7.\n');
    const late = await edit(['--json', '-'], JSON.stringify({ ...document, topic: 'a cellar' }));
    expect(late).toMatchObject({
      code: 1,
      said: expect.stringMatching(/at version 7, and this edit was made of version 6/),
    });
    expect((await printed()).scenes.map(({ narration }) => narration)).toEqual(['storm', 'fog']);
    expect((await edit(['--remove-scene', '1', '--version', '7'])).text).toBe('Version 8.\n');
  });

  test.each([
    ['a scene of no number', ['--narration', 'x'], /State which scene is meant/],
    ['options along with JSON', ['--topic', 'x', '--json', '-'], /one of the two/],
    ['what is no JSON', ['--json', '-'], /no JSON/],
    ['a file that is not there', ['--rewrite', '/no/such/file'], /cannot be read \(ENOENT\)/],
    ['a new scene without a picture', ['--add-scene', '--narration', 'x'], /add\.0\.visual_prompt: must be a text/],
    ['an order that is none', ['--order', '2,x'], /whole number/],
    ['half of a half-written text', ['--lane', 'rewrite'], /belong together/],
  ])('is refused %s, in one line', async (_, args, message) => {
    const { code, said } = await edit(args, 'nothing');
    expect(code).toBe(2);
    expect(said).toMatch(message);
  });

  test('is refused a run of what there is not', async () => {
    expect(await storyreel(['run', projectId, '--scene', '9'])).toMatchObject({
      code: 2,
      said: expect.stringMatching(/no scene 9/),
    });
    expect(await storyreel(['run', projectId, '--stage', 'poem'])).toMatchObject({ code: 2 });
  });

  test('sees who has changed what, and who is signed in', async () => {
    await edit(['--language', 'DE', '--frame', '9:16', '--by', 'ann']);
    expect(await printed()).toMatchObject({ settings: { language: 'de', frame: '9:16' } });
    await edit(['--language', 'none', '--frame', 'none']);
    expect((await edit(['--frame', 'round'])).said).toContain('settings.frame: must be an aspect ratio');
    const { text } = await storyreel(['audit', projectId, '--limit', '3']);
    expect(text).toMatch(
      /^\S+Z {2}cli {2}edit {2}\S+ {2}\(Project\.Invalid\)\n\S+Z {2}cli {2}edit {2}version \d+ .*\(done\)\n\S+Z {2}ann {2}edit /,
    );
    expect((await storyreel(['sessions', 'list'])).code).toBe(0);
    expect(await storyreel(['sessions', 'revoke', 'none'])).toMatchObject({ code: 3 });
  });
});
