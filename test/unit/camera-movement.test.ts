import { CAMERA_MOVEMENTS } from '../../src/protocol';
import { BUILT_IN, UnusableOutput } from '../../src/stages';

const stage = BUILT_IN.ofKind('text', 'camera_movement');
const parse = (choice: unknown) => stage.parse(JSON.stringify(choice), {});

describe('A camera move', () => {
  test.each(CAMERA_MOVEMENTS.map((movement) => [movement]))('may be %s', (movement) => {
    expect(parse({ movement, speed: 'slow', reason: 'calm' })).toEqual({ movement, speed: 'slow', reason: 'calm' });
  });

  test('is read as people write it', () => {
    expect(parse({ movement: ' Zoom-In ', speed: 'FAST' })).toEqual({ movement: 'zoom_in', speed: 'fast' });
    expect(parse({ movement: 'pan left' })).toEqual({ movement: 'pan_left', speed: 'medium' });
  });

  test('is read from a code fence with prose around it', () => {
    const answer = 'I suggest:\n```json\n{"movement":"static","speed":"slow","reason":"雨"}\n```\nGood luck!';
    expect(stage.parse(answer, {})).toEqual({ movement: 'static', speed: 'slow', reason: '雨' });
  });

  test('keeps a long reason within bounds', () => {
    expect((parse({ movement: 'static', reason: 'x'.repeat(9_000) }) as { reason: string }).reason).toHaveLength(500);
  });

  test('gives no NUL character to Postgres, which cannot store it', () => {
    expect(JSON.stringify(parse({ movement: 'static', reason: 'calm\0' }))).not.toContain('\\u0000');
  });

  test.each<[what: string, choice: unknown, place: string]>([
    ['an unknown move', { movement: 'spin', speed: 'slow' }, 'movement: must be one of static'],
    ['no move', { speed: 'slow' }, 'movement: must be a text'],
    ['an unknown speed', { movement: 'static', speed: 'warp' }, 'speed: must be one of slow, medium, fast'],
    ['a number for a move', { movement: 3 }, 'movement: must be a text'],
  ])('%s cannot be used', (_what, choice, place) => {
    const attempt = () => parse(choice);
    expect(attempt).toThrow(UnusableOutput);
    expect(attempt).toThrow(place);
  });
});
