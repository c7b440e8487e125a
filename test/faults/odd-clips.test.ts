import { execFile } from 'node:child_process';
import { appendFile, copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inspectClip } from '../../src/activities/media/inspect-clip';
import { isShowable } from '../../src/activities/film/film-form';
import { framesOf, makeFilm, type MeasuredFilm, type SourcePart } from '../../src/activities/film/make-film';
import { fitClip, needsFitting } from '../../src/activities/media/fit-media';
import { measureClip } from '../../src/activities/media/measure-clip';
import type { LaneRun } from '../../src/activities/lanes/lane-run';
import { UndecodedMedia } from '../../src/providers';
import { coloursIn, cuesIn } from '../support/films';
import { fromSetup } from '../support/services';
import { newFolder } from '../support/new-folder';

const SECONDS = 1;
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const FRAME = 1 / 24;

/** Clips as providers send them, each of one colour and a second long. `-i` and the colour are put before the arguments. */
const ODD: Readonly<
  Record<string, { name?: string; source?: string; args: readonly string[]; before?: readonly string[] }>
> = {
  'another rate and time base': { args: ['-r', '30', ...H264, '-video_track_timescale', '90000'] },
  'another codec': { args: ['-c:v', 'mpeg4'] },
  'VP9 in WebM': { name: 'webm', args: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'] },
  'WebM without a duration': { name: 'webm', args: ['-c:v', 'libvpx', '-live', '1'] },
  'a display that is turned': { before: ['-display_rotation:v:0', '90'], source: 's=36x64', args: H264 },
  'pixels that are no squares': { source: 's=32x36', args: ['-vf', 'setsar=2', ...H264] },
  'frames of different lengths': { args: ['-vf', "select='not(mod(n,3))+lt(n,9)'", '-fps_mode', 'vfr', ...H264] },
  '10 bits': { args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le'] },
  'full range': { args: ['-vf', 'scale=out_range=full', ...H264, '-color_range', 'pc'] },
  'odd sides': { source: 's=63x37', args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p'] },
  portrait: { source: 's=36x64', args: H264 },
  'no subsampling, in QuickTime': {
    name: 'mov',
    args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p'],
  },
  'a beginning that is cut off by a list': { name: 'edited', args: H264 },
  pieces: { args: [...H264, '-movflags', 'frag_keyframe+empty_moov'] },
  GIF: { name: 'gif', args: [] },
  AVI: { name: 'avi', args: H264 },
  'MPEG-TS': { name: 'ts', args: H264 },
  'MPEG-PS': { name: 'mpg', args: [] },
  FLV: { name: 'flv', args: H264 },
  WMV: { name: 'wmv', args: [] },
  Ogg: { name: 'ogv', args: [] },
  'H.264 in Matroska': { name: 'mkv', args: H264 },
  MXF: { name: 'mxf', args: [] },
  IVF: { name: 'ivf', args: ['-c:v', 'libvpx'] },
  'H.264 and no container': { name: 'h264', args: H264 },
  'an animated PNG': { name: 'apng', args: [] },
  'two pictures in each frame': { args: [...H264, '-flags', '+ilme+ildct', '-x264-params', 'tff=1'] },
};
const SHOWN_FROM = Object.keys(ODD).indexOf('GIF');
const NOT_SHOWN = [
  'another codec',
  '10 bits',
  'odd sides',
  'no subsampling, in QuickTime',
  ...Object.keys(ODD).slice(SHOWN_FROM),
];

describe('Clips of a provider', () => {
  const run = promisify(execFile);
  const program = fromSetup('STORYREEL_FFMPEG');
  const signal = new AbortController().signal;
  let folder: string;

  beforeAll(() => void (folder = newFolder()));

  const ffmpeg = (...args: readonly string[]) => run(program, ['-loglevel', 'error', '-y', ...args]);

  async function clip(
    name: string,
    {
      colour = 'red',
      seconds = SECONDS,
      source = 's=64x36',
      args = H264,
    }: { colour?: string; seconds?: number; source?: string; args?: readonly string[] } = {},
  ): Promise<string> {
    const path = join(folder, name);
    await ffmpeg(...['-f', 'lavfi', '-i', `color=${colour}:${source}:r=24:d=${seconds}`], ...args, path);
    return path;
  }

  async function oddClip(what: string): Promise<string> {
    const { name = 'mp4', source, args, before } = ODD[what] ?? { args: [] };
    const file = `${Object.keys(ODD).indexOf(what)}.${name === 'edited' ? 'mp4' : name}`;
    const isEdited = name === 'edited';
    const path = await clip(file, { ...(source && { source }), args, seconds: isEdited ? 1.5 * SECONDS : SECONDS });
    if (!before && !isEdited) return path;
    const changed = join(folder, `changed-${file}`);
    await ffmpeg(...(before ?? []), ...(isEdited ? ['-ss', '0.5'] : []), '-i', path, '-c', 'copy', changed);
    return changed;
  }

  const measure = (path: string, ordered: number) => measureClip(program, path, ordered, signal);
  const unusable = (message: RegExp) => ({ name: 'ServerError', message: expect.stringMatching(message) as string });

  async function film(
    parts: readonly SourcePart[],
    misfits: string[] = [],
  ): Promise<MeasuredFilm & { readonly isCopy: boolean }> {
    const own = await mkdtemp(join(folder, 'film-'));
    let brought = 0;
    const settings = { ffmpegPath: program, frameSize: '64x36', folder: own, signal };
    const made = await makeFilm(
      { ...settings, onPart: () => (brought += 1), onMisfit: (fault) => misfits.push(fault) },
      parts,
    );
    return { ...made, isCopy: brought === 0 };
  }

  const part = (source: string, seconds = SECONDS, narration = 'A scene.'): SourcePart => ({
    kind: 'clip',
    source,
    seconds,
    narration,
  });
  const colours = ({ film: path }: { readonly film: string }) => coloursIn({ FFMPEG_PATH: program }, path);
  const times = (colour: string, count: number) => Array.from({ length: count }, () => colour);

  test.each(Object.keys(ODD))('with %s are measured by what is in them', async (what) => {
    const clip = await measure(await oddClip(what), SECONDS);
    expect(Math.abs(clip.seconds - SECONDS)).toBeLessThan(3 * FRAME);
    // What no browser shows is converted as soon as it comes.
    expect(isShowable(clip)).toBe(!NOT_SHOWN.includes(what));
  });

  test('of every kind stand in one film each as long as it is, and in their order', async () => {
    const between = await clip('green.mp4', { colour: 'lime', seconds: 0.25 });
    const parts: SourcePart[] = [];
    for (const what of Object.keys(ODD)) {
      const path = await oddClip(what);
      parts.push(part(path, (await measure(path, SECONDS)).seconds), part(between, 0.25));
    }
    const made = await film(parts);
    const sum = parts.reduce((total, { seconds }) => total + seconds, 0);
    expect(made).toMatchObject({ width: 64, height: 36, isCopy: false });
    expect(Math.abs(made.seconds - sum)).toBeLessThanOrEqual(FRAME);
    expect(made.form).toMatch(/^h264 .*yuv420p\(tv, .*SAR 1:1.* 24 fps.*upright/);
    const frames = framesOf(parts.map(({ seconds }) => seconds));
    expect(await colours(made)).toEqual(frames.flatMap((count, i) => times(i % 2 === 0 ? 'red' : 'green', count)));
  });

  test('of one form are joined as they are, whoever made them', async () => {
    const parts = [
      part(await clip('a.mp4')),
      part(await clip('b.mp4', { colour: 'lime' })),
      part(await clip('c.mp4', { colour: 'blue' })),
    ];
    const made = await film(parts);
    expect(made).toMatchObject({ isCopy: true, frames: 72, seconds: 3 });
    expect(await colours(made)).toEqual([...times('red', 24), ...times('green', 24), ...times('blue', 24)]);
  });

  test('are not taken as they are where only the header of their codec differs', async () => {
    const other = await clip('other.mp4', {
      args: ['-c:v', 'libx264', '-preset', 'slow', '-bf', '3', '-pix_fmt', 'yuv420p'],
    });
    expect(await film([part(await clip('a.mp4')), part(other)])).toMatchObject({ isCopy: false, frames: 48 });
  });

  test('are shown whole and upright where they are turned, and not squeezed where their pixels are no squares', async () => {
    // The upper half is red, the lower one blue, as it is shown.
    const halves = 'color=red:s=64x18:r=24:d=1[a];color=blue:s=64x18:r=24:d=1[b];[a][b]vstack';
    const upright = join(folder, 'upright.mp4');
    await ffmpeg('-filter_complex', halves, ...H264, upright);
    const lying = join(folder, 'lying.mp4');
    await ffmpeg('-i', upright, '-vf', 'transpose=1', ...H264, lying);
    const turned = join(folder, 'turned.mp4');
    await ffmpeg('-display_rotation:v:0', '90', '-i', lying, '-c', 'copy', turned);
    const made = await film([part(upright), part(turned)]);
    for (const at of [0.5, 1.5]) {
      for (const [half, y] of [
        ['red', 0],
        ['blue', 18],
      ] as const) {
        const still = join(folder, 'half.mp4');
        await ffmpeg('-ss', `${at}`, '-i', made.film, '-vf', `crop=64:18:0:${y}`, '-frames:v', '1', ...H264, still);
        expect(await colours({ film: still })).toContain(half);
      }
    }
  });

  test('that are mirrored only are shown as they state, too', async () => {
    const upright = join(folder, 'halves.mp4');
    const halves = 'color=red:s=64x18:r=24:d=1[a];color=blue:s=64x18:r=24:d=1[b];[a][b]vstack';
    await ffmpeg('-filter_complex', halves, ...H264, upright);
    const mirrored = join(folder, 'mirrored.mp4');
    await ffmpeg('-display_vflip', '-i', upright, '-c', 'copy', mirrored);
    const made = await film([part(upright), part(mirrored)]);
    const upper = join(folder, 'upper.mp4');
    await ffmpeg('-i', made.film, '-vf', 'crop=64:18:0:0', ...H264, upper);
    expect(await colours({ film: upper })).toEqual([...times('red', 24), ...times('blue', 24)]);
  });

  test('whose frames change their size are shown to their end', async () => {
    const halves = [];
    for (const [i, size] of ['64x36', '128x128'].entries()) {
      halves.push(await clip(`half-${i}.ivf`, { source: `s=${size}`, seconds: 0.5, args: ['-c:v', 'libvpx'] }));
    }
    const list = join(folder, 'halves.txt');
    await writeFile(list, halves.map((path) => `file '${path}'\n`).join(''));
    const path = join(folder, 'changing.webm');
    await ffmpeg('-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', path);
    const changing = await measure(path, SECONDS);
    expect(isShowable(changing)).toBe(false);
    const made = await film([part(await clip('a.mp4')), part(path, changing.seconds), part(await clip('a.mp4'))]);
    expect(made).toMatchObject({ frames: 72, seconds: 3 });
  });

  test('with something else behind their end are not cut off', async () => {
    const path = await clip('tail.mp4');
    await appendFile(path, '\r\n--boundary--\r\n');
    expect(await measure(path, SECONDS)).toMatchObject({ frames: 24 });
  });

  test('in full range come out as bright as they are', async () => {
    const white = await clip('white.mp4', {
      colour: 'white',
      args: ['-vf', 'scale=out_range=full', ...H264, '-color_range', 'pc'],
    });
    const made = await film([part(white), part(await clip('a.mp4', { colour: 'white' }))]);
    const { stdout } = await run(
      program,
      ['-loglevel', 'error', '-i', made.film, '-vf', 'scale=1:1', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'],
      { encoding: 'buffer' },
    );
    const levels = [...stdout];
    expect(Math.max(...levels) - Math.min(...levels)).toBeLessThanOrEqual(3);
  });

  test.each(['smpte2084', 'arib-std-b67'])('in HDR come out as bright as they are: %s', async (transfer) => {
    const hdr = `t=${transfer}:p=bt2020:m=bt2020nc:npl=203:r=tv`;
    const filter = `format=gbrp,zscale=tin=bt709:pin=bt709:min=gbr:rin=pc:${hdr},format=yuv420p10le`;
    const stated = ['-color_trc', transfer, '-color_primaries', 'bt2020', '-colorspace', 'bt2020nc'];
    const codec = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'];
    const levels = [];
    for (const grey of ['0x404040', '0x808080', '0xffffff']) {
      const path = await clip('hdr.mp4', { colour: grey, args: ['-vf', filter, ...codec, ...stated] });
      const info = await measure(path, SECONDS);
      const own = await mkdtemp(join(folder, 'fitted-'));
      const fit = { info, seconds: SECONDS, frameSize: '64x36', isOtherSize: false };
      expect(needsFitting(fit)).toBe(true);
      const made = await fitClip(
        { deps: { config: { FFMPEG_PATH: program } }, signal } as unknown as LaneRun,
        own,
        path,
        fit,
      );
      const pixel = ['-frames:v', '1', '-vf', 'scale=1:1,format=rgb24', '-f', 'rawvideo', '-'];
      const { stdout } = await run(program, ['-loglevel', 'error', '-i', made, ...pixel], { encoding: 'buffer' });
      levels.push(stdout[0] ?? 0);
    }
    const [dark = 0, middle = 0, white = 0] = levels;
    expect(Math.abs(dark - 0x40)).toBeLessThan(12);
    expect(Math.abs(middle - 0x80)).toBeLessThan(12);
    expect(white).toBeGreaterThan(225);
  });

  test('in HDR are converted by an ffmpeg that cannot convert their colours, too', async () => {
    const own = join(folder, 'ffmpeg-without');
    const script = `#!/bin/sh\ncase "$*" in *zscale*) echo "No such filter: 'zscale'" >&2; exit 1;; esac\nexec '${program}' "$@"\n`;
    await writeFile(own, script, { mode: 0o755 });
    const stated = ['-color_trc', 'smpte2084', '-color_primaries', 'bt2020', '-colorspace', 'bt2020nc'];
    const path = await clip('hdr.mp4', { args: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p10le', ...stated] });
    const fit = { info: await measure(path, SECONDS), seconds: SECONDS, frameSize: '64x36', isOtherSize: false };
    const lane = { deps: { config: { FFMPEG_PATH: own } }, signal } as unknown as LaneRun;
    const made = await fitClip(lane, await mkdtemp(join(folder, 'fitted-')), path, fit);
    expect(isShowable(await measure(made, SECONDS))).toBe(true);
  });

  test('with two pictures in each frame are shown as one without a comb', async () => {
    const path = join(folder, 'comb.mp4');
    const bar =
      'color=black:s=64x36:r=48:d=1[a];color=white:s=8x36:r=48:d=1[b];[a][b]overlay=x=n:y=0,tinterlace=interleave_top';
    await ffmpeg('-filter_complex', bar, ...H264, '-flags', '+ilme+ildct', '-x264-params', 'tff=1', path);
    const info = await measure(path, SECONDS);
    const own = await mkdtemp(join(folder, 'fitted-'));
    const lane = { deps: { config: { FFMPEG_PATH: program } }, signal } as unknown as LaneRun;
    const fit = { info, seconds: SECONDS, frameSize: '64x36', isOtherSize: false };
    const made = await film([part(await fitClip(lane, own, path, fit))]);
    const grey = ['-vf', 'format=gray', '-f', 'rawvideo', '-'];
    const { stdout } = await run(program, ['-loglevel', 'error', '-i', made.film, ...grey], { encoding: 'buffer' });
    const lines = Array.from({ length: stdout.length / 64 }, (_, i) => stdout.subarray(64 * i, 64 * i + 64));
    const differ = (i: number, k: number) => lines[i]?.some((value, x) => Math.abs(value - (lines[k]?.[x] ?? 0)) > 100);
    const combed = lines.filter((_, i) => i % 36 > 0 && i % 36 < 35 && differ(i, i - 1) && !differ(i - 1, i + 1));
    expect({ frames: made.frames, combed: combed.length }).toEqual({ frames: 24, combed: 0 });
  });

  test('last as long as their picture, whatever their sound does', async () => {
    const path = join(folder, 'sound.mp4');
    const inputs = ['-f', 'lavfi', '-i', 'color=red:s=64x36:r=24:d=1', '-f', 'lavfi', '-i', 'sine=d=2.5'];
    await ffmpeg(...inputs, ...H264, '-c:a', 'aac', path);
    expect(await measure(path, SECONDS)).toMatchObject({ seconds: 1, frames: 24 });
    expect(await film([part(path), part(path)])).toMatchObject({ seconds: 2, frames: 48 });
  });

  test('of a few pixels are of no use', async () => {
    const path = await clip('dot.mp4', { source: 's=2x2' });
    await expect(measure(path, SECONDS)).rejects.toMatchObject(unusable(/only 2x2 pixels/));
  });

  test('that are one frame, and were ordered as seconds, are of no use', async () => {
    const path = await clip('one.mp4', { seconds: 0.04 });
    await expect(measure(path, 3)).rejects.toMatchObject(unusable(/lasts 0.04 s, and 3 s were ordered/));
  });

  test.each([
    ['mp4 with its index before', ['-movflags', '+faststart']],
    ['mp4 with its index behind', []],
    ['mp4 in pieces', ['-movflags', 'frag_keyframe+empty_moov', '-g', '6']],
    ['WebM', ['webm']],
    ['WebM without a duration', ['webm', '-live', '1']],
  ])('that were cut off anywhere are of no use: %s', async (_what, [first, ...args]) => {
    const isWebm = first === 'webm';
    const codec = isWebm ? ['-c:v', 'libvpx'] : H264;
    const source = join(folder, `whole.${isWebm ? 'webm' : 'mp4'}`);
    const output = [...codec, ...(isWebm || first === undefined ? args : [first, ...args])];
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x36:r=24:d=1', ...output, source);
    expect((await measure(source, SECONDS)).frames).toBe(24);
    const { size } = await stat(source);
    const cut = join(folder, 'cut');
    for (let percent = 5; percent < 100; percent += 13) {
      await copyFile(source, cut);
      await truncate(cut, Math.floor((size * percent) / 100));
      await expect(measure(cut, SECONDS)).rejects.toMatchObject(unusable(/no video|damaged|lasts/));
    }
  });

  test('that lack bytes in their middle are of no use', async () => {
    const path = join(folder, 'hole.mp4');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x36:r=24:d=1', ...H264, '-movflags', '+faststart', path);
    const bytes = await readFile(path);
    bytes.fill(0, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.7));
    await writeFile(path, bytes);
    await expect(measure(path, SECONDS)).rejects.toMatchObject(unusable(/damaged/));
  });

  test.each([
    ['AVIF', 'avif', ['-frames:v', '1', '-c:v', 'libaom-av1', '-cpu-used', '8', '-still-picture', '1']],
    ['PNG', 'png', ['-frames:v', '1', '-update', '1']],
    ['JPEG', 'jpg', ['-frames:v', '1', '-update', '1']],
  ])('that are pictures are named as such: %s', async (_what, ending, args) => {
    const path = await clip(`picture.${ending}`, { args });
    await expect(measure(path, SECONDS)).rejects.toMatchObject(unusable(/a picture \(image\/\w+\) in the place/));
  });

  test.each([
    ['a list of other files', 'ffconcat version 1.0\nfile a.mp4\n'],
    ['a page', '<!doctype html><title>Gone</title>'],
    ['nothing', ''],
  ])('that are %s are no clips', async (_what, text) => {
    await clip('a.mp4');
    const path = join(folder, 'text.mp4');
    await writeFile(path, text);
    await expect(measure(path, SECONDS)).rejects.toMatchObject(unusable(/no video/));
  });

  test.each([
    ['a playlist of pieces', '#EXTM3U\n#EXTINF:1,\na.mp4\n#EXT-X-ENDLIST\n'],
    ['an archive', 'PK\x03\x04\x14\0'],
    ['a sound without a picture', 'ID3\x04\0\0\0\0\0\0'],
  ])('that are %s are not ordered again, because another one would be the same', async (what, bytes) => {
    await clip('a.mp4');
    const path = join(folder, 'undecoded.mp4');
    await writeFile(path, bytes, 'latin1');
    const error: unknown = await measure(path, SECONDS).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(UndecodedMedia);
    expect((error as Error).message).toContain(what);
  });

  test.each([
    ['is ended from outside', 'kill -9 $$', /ended from outside/],
    [
      'lacks what the measuring needs',
      `echo "Unrecognized option 'enc_time_base'." >&2; exit 1`,
      /cannot measure a clip/,
    ],
    ['is not there', undefined, /cannot be run/],
  ])('are not to blame where ffmpeg %s', async (_what, script, message) => {
    const own = join(folder, 'own-ffmpeg');
    await rm(own, { force: true });
    if (script !== undefined) await writeFile(own, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const failed = { type: 'Film.Failed', message: expect.stringMatching(message) as string };
    await expect(measureClip(own, await clip('a.mp4'), SECONDS, signal)).rejects.toMatchObject(failed);
  });

  test('that were damaged after they came make no film', async () => {
    const path = await clip('late.mp4', { args: [...H264, '-movflags', '+faststart'], source: 's=64x36' });
    const { size } = await stat(path);
    await truncate(path, Math.floor(size * 0.8));
    const failed = { type: 'Film.Failed' };
    await expect(film([part(await clip('a.mp4')), part(path), part(await clip('a.mp4'))])).rejects.toMatchObject(
      failed,
    );
  });

  test('of which a part is shown are cut there, and stills last as long as their scene', async () => {
    const still = join(folder, 'still.png');
    await ffmpeg('-f', 'lavfi', '-i', 'color=lime:s=100x100', '-frames:v', '1', still);
    const made = await film([
      part(await clip('a.mp4'), 0.5),
      { ...part(still, 0.77), kind: 'still' },
      part(await clip('b.mp4', { colour: 'blue' })),
    ]);
    expect(Math.abs(made.seconds - 2.27)).toBeLessThanOrEqual(FRAME);
    expect(await colours(made)).toEqual([...times('red', 12), ...times('green', 18), ...times('blue', 24)]);
  });

  test('bring their narrations into the film, letter by letter and scene by scene', async () => {
    const said = [
      'He wrote {\\an8}<i>up</i> --> down\\N, “&amp;” and 00:00:01,000 on the wall.\n\n2\nThen he left 👨‍👩‍👧.',
      '',
      `a${'灯塔'.repeat(999)}守护人。`,
      'هذا نص من اليمين إلى اليسار \u0001 {y:i}',
    ];
    const clips = await Promise.all(
      ['red', 'lime', 'blue', 'red'].map((colour, i) => clip(`said-${i}.mp4`, { colour })),
    );
    const made = await film(clips.map((path, i) => part(path, SECONDS, said[i] ?? '')));
    const cues = await cuesIn({ FFMPEG_PATH: program }, made.film);
    for (const [i, text] of said.entries()) {
      const own = cues.filter(({ from }) => Math.floor(from + 1e-6) === i);
      const letters = (all: string) => all.replace(/\s+/gu, '');
      expect(letters(own.map((cue) => cue.text).join(''))).toBe(letters(text));
      for (const cue of own) expect(cue.text.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(2);
    }
    expect(cues.at(-1)?.to).toBeCloseTo(4, 3);
    expect((await inspectClip(program, made.film, signal))?.seconds).toBe(4);
  });
});
