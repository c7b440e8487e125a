import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { StoryEvent } from '../../src/protocol';
import { sha256, textSeen } from '../support/stories';

const root = resolve(__dirname, '..', '..');
/** Far beyond what a film of a real model takes beside other suites. */
const FILM_MS = 1_600_000;

/** Registers the test; beside the others that need a real model, because two models at once take longer than anyone waits. */
export function filmOfARealModel(): void {
  test(
    'A small real model writes rewrite, storyboard and camera moves, and the film is made of them',
    async () => {
      const state = await mkdtemp(join(root, '.storyreel', 'test-model-'));
      try {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ['dist/dev/start/main.js', '--once', '--json', '--local-model', '--scenes', '2', 'a fox who paints the moon'],
          {
            cwd: root,
            timeout: FILM_MS,
            maxBuffer: 64 * 1024 * 1024,
            env: {
              PATH: process.env['PATH'],
              HOME: process.env['HOME'],
              STORYREEL_STATE_DIR: state,
              STORYREEL_TOOLS_DIR: process.env['STORYREEL_TOOLS_DIR'] ?? join(root, '.storyreel', 'tools'),
            },
          },
        );
        const events = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as StoryEvent);
        expect(events.at(-1)?.type).toBe('pipeline_done');
        for (const lane of ['rewrite', 'storyboard', 'camera_movement/1', 'camera_movement/2']) {
          const done = events.findLast((event) => event.type === 'done' && event.lane === lane);
          const text = textSeen(events, lane);
          expect(text).not.toBe('');
          expect(done).toMatchObject({ metadata: { length: Buffer.byteLength(text), sha256: sha256(text) } });
        }
        expect((JSON.parse(textSeen(events, 'storyboard')) as { scenes: unknown[] }).scenes).toHaveLength(2);
      } finally {
        await rm(state, { recursive: true, force: true });
      }
    },
    2 * FILM_MS,
  );
}
