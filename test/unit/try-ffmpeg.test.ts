import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/config';
import { examine } from '../../src/cli/services';
import { tryFfmpeg } from '../../src/activities/film/try-ffmpeg';
import { fromSetup, testEnv } from '../support/services';
import { newFolder } from '../support/new-folder';

describe('An ffmpeg', () => {
  const real = fromSetup('STORYREEL_FFMPEG');
  let folder: string;

  beforeAll(() => void (folder = newFolder()));

  /** The real one, but for what the cases of this shell script do. */
  async function lacking(name: string, cases: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\ncase "$*" in\n${cases}\n*) exec '${real}' "$@";;\nesac\n`, { mode: 0o755 });
    return path;
  }

  test('that makes films is found good', async () => {
    expect(await tryFfmpeg({ FFMPEG_PATH: real })).toEqual({ version: expect.any(String) as string });
  });

  test.each([
    ['does not list its encoder', `*-encoders*) '${real}' "$@" | grep -v libx264;;`, /^it has no libx264$/],
    [
      'cannot use its encoder',
      `*libx264*) echo "Unknown encoder 'libx264'" >&2; exit 8;;`,
      /^Unknown encoder 'libx264'$/,
    ],
    ['cannot write captions', `*-encoders*) '${real}' "$@" | grep -v mov_text;;`, /^it has no mov_text$/],
    ['cannot join', `*-formats*) '${real}' "$@" | grep -v concat;;`, /^it has no concat$/],
    ['lists what it has and does nothing', `*pipe:0*) exit 1;;`, /./],
  ])('that %s is named', async (name, cases, fault) => {
    const path = await lacking(name.replaceAll(' ', '-'), cases);
    expect(await tryFfmpeg({ FFMPEG_PATH: path })).toEqual({
      version: expect.any(String) as string,
      fault: expect.stringMatching(fault) as string,
    });
  });

  test('that fails whatever it is asked is named without its banner', async () => {
    const path = await lacking('broken', `*) '${real}' -formats >/dev/null; echo 'It is broken.' >&2; exit 1;;`);
    expect(await tryFfmpeg({ FFMPEG_PATH: path })).toEqual({ fault: 'It is broken.' });
  });

  test('that is not there is named', async () => {
    expect(await tryFfmpeg({ FFMPEG_PATH: '/no/such/ffmpeg' })).toEqual({ fault: 'ENOENT' });
  });

  test('without its encoder fails doctor, which states what to do', async () => {
    const path = await lacking('for-doctor', `*libx264*) echo "Unknown encoder 'libx264'" >&2; exit 8;;`);
    const findings = await examine(readConfig(testEnv({ FFMPEG_PATH: path })));
    expect(findings.find(({ service }) => service === 'ffmpeg')).toMatchObject({
      ok: false,
      detail: "Unknown encoder 'libx264'",
      advice: expect.stringContaining('FFMPEG_PATH') as string,
    });
  });
});
