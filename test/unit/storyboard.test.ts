import { MAX_SCENES } from '../../src/protocol';
import { BUILT_IN, UnusableOutput } from '../../src/stages';

const stage = BUILT_IN.ofKind('text', 'storyboard');

interface Scene {
  scene_number: number;
  narration: string;
  visual_prompt: string;
  shot_type: string;
  duration: number;
}

function parse(scenes: unknown): Scene[] {
  return stage.parse(JSON.stringify({ scenes }), {}) as Scene[];
}

function scene(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    scene_number: 1,
    narration: 'Rain falls.',
    visual_prompt: 'a pier',
    shot_type: 'wide',
    duration: 4,
    ...changes,
  };
}

/** What the model would be told to mend. */
function issues(answer: string): readonly string[] {
  try {
    stage.parse(answer, {});
  } catch (error) {
    if (error instanceof UnusableOutput) return error.issues;
    throw error;
  }
  return [];
}

function issuesOf(scenes: unknown): readonly string[] {
  return issues(JSON.stringify({ scenes }));
}

describe('A storyboard', () => {
  const board = JSON.stringify({ scenes: [scene(), scene({ scene_number: 2, narration: '雨が降る。' })] });

  test.each([
    ['as it is', board],
    ['in a code fence', `\`\`\`json\n${board}\n\`\`\``],
    ['after leading prose', `Here is the storyboard you asked for:\n\n${board}`],
    ['with trailing commas', board.replaceAll('}', ',}').replace(']', ',]')],
  ])('is read %s', (_what, answer) => {
    expect(stage.parse(answer, {})).toEqual(parse(JSON.parse(board).scenes));
    expect(stage.parse(answer, {})).toHaveLength(2);
  });

  test('keeps the words of its scenes, trimmed', () => {
    expect(parse([scene({ narration: '  雨が "降る"。\n', visual_prompt: ' a pier ' })])).toEqual([
      { scene_number: 1, narration: '雨が "降る"。', visual_prompt: 'a pier', shot_type: 'wide', duration: 4 },
    ]);
  });

  test('is put in order and numbered from 1 without gaps', () => {
    const numbered = [7, 2, 40].map((n) => scene({ scene_number: n, narration: `was ${n}` }));
    expect(parse(numbered).map(({ scene_number, narration }) => [scene_number, narration])).toEqual([
      [1, 'was 2'],
      [2, 'was 7'],
      [3, 'was 40'],
    ]);
  });

  test.each([
    ['Close-Up', 'close_up'],
    ['  LOW ANGLE ', 'low_angle'],
    ['over - shoulder', 'over_shoulder'],
    ['', 'wide'],
    [undefined, 'wide'],
  ])('the shot type %p becomes %p', (given, expected) => {
    expect(parse([scene({ shot_type: given })])[0]?.shot_type).toBe(expected);
  });

  test.each([
    [undefined, 3],
    ['2.5', 2.5],
    [60, 60],
  ])('the duration %p becomes %p seconds', (given, expected) => {
    expect(parse([scene({ duration: given })])[0]?.duration).toBe(expected);
  });

  test('a number as a text counts as the number', () => {
    expect(parse([scene({ scene_number: '1' })])[0]?.scene_number).toBe(1);
  });

  test('fields that nobody asked for are left out', () => {
    expect(parse([scene({ mood: 'grey' })])[0]).not.toHaveProperty('mood');
  });

  test('the NUL character, which Postgres cannot store, does not come through an escape', () => {
    const [parsed] = parse([scene({ narration: 'Rain\0 falls.', visual_prompt: 'a\0 pier', shot_type: 'wi\0de' })]);
    expect(JSON.stringify(parsed)).not.toContain('\\u0000');
  });

  test.each<[what: string, scenes: unknown, issue: string | RegExp]>([
    ['no scenes', [], 'scenes: must hold at least one scene'],
    ['a text for scenes', 'none', 'scenes: must be a list of scenes'],
    ['nothing for scenes', undefined, 'scenes: must be a list of scenes'],
    ['an empty narration', [scene({ narration: '  ' })], 'scenes.0.narration: must not be empty'],
    ['a list as narration', [scene({ narration: [5] })], 'scenes.0.narration: must be a text'],
    ['a missing picture', [scene({ visual_prompt: undefined })], 'scenes.0.visual_prompt: must be a text'],
    ['a number that is none', [scene({ scene_number: 'a pier' })], 'scenes.0.scene_number: must be a number'],
    ['a scene -1', [scene({ scene_number: -1 })], 'scenes.0.scene_number: must be 1 or more'],
    ['half a scene', [scene({ scene_number: 1.5 })], 'scenes.0.scene_number: must be a whole number'],
    ['two scenes of one number', [scene(), scene()], 'scene_number: two scenes have the same number'],
    ['a moment too short', [scene({ duration: 0.1 })], 'scenes.0.duration: must be at least 0.5 seconds'],
    ['an hour', [scene({ duration: 3_600 })], 'scenes.0.duration: must be at most 60 seconds'],
    ['words for a duration', [scene({ duration: 'long' })], 'scenes.0.duration: must be a number of seconds'],
    ['a text for a scene', ['x'], /^scenes\.0: /],
  ])('%s: the model is notified what to mend', (_what, scenes, issue) => {
    expect(issuesOf(scenes)).toEqual([typeof issue === 'string' ? issue : expect.stringMatching(issue)]);
  });

  test(`${MAX_SCENES} scenes are taken, one more is too many`, () => {
    const many = Array.from({ length: MAX_SCENES + 1 }, (_, i) => scene({ scene_number: i + 1 }));
    expect(parse(many.slice(1))).toHaveLength(MAX_SCENES);
    expect(issuesOf(many)).toEqual([`scenes: must hold at most ${MAX_SCENES} scenes`]);
  });

  test('a list, a number or a text instead of an object is reported as such', () => {
    for (const answer of ['[]', '5', '"scenes"', 'null']) expect(issues(answer)).toHaveLength(1);
  });

  test('the model is notified of a few mistakes at a time, and never its own words', () => {
    const wrong = Array.from({ length: 30 }, (_, i) => scene({ scene_number: i + 1, narration: { lighthouse: true } }));
    expect(issuesOf(wrong).length).toBeLessThanOrEqual(8);
    expect(issuesOf(wrong).join()).not.toContain('lighthouse');
  });

  test('that stops in the middle is not taken for a shorter one', () => {
    expect(issues(board.slice(0, board.lastIndexOf('visual_prompt')))).not.toEqual([]);
  });
});
