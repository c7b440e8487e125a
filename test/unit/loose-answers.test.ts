import fc from 'fast-check';
import { BUILT_IN, UnusableOutput, type TextChecks, type TextStage } from '../../src/stages';

interface Scene {
  readonly scene_number: number;
  readonly narration: string;
  readonly duration: number;
  readonly shot_type: string;
}

const board = BUILT_IN.ofKind('text', 'storyboard') as TextStage<Scene[]>;
const camera = BUILT_IN.ofKind('text', 'camera_movement') as TextStage<Record<string, string>>;

const scene = (n: number, changes: object = {}) => ({
  scene_number: n,
  narration: `Rain ${n} falls.`,
  visual_prompt: 'a pier',
  shot_type: 'wide',
  duration: 4,
  ...changes,
});
const two = [scene(1), scene(2)];
const parse = (answer: unknown, checks: TextChecks = {}, variables: object = { scenes: 2, story: '' }) =>
  board.parse(typeof answer === 'string' ? answer : JSON.stringify(answer), { ...variables }, checks);
const told = (answer: unknown) => parse(answer).map(({ narration }) => narration);

/** A scene's number, narration, picture and duration. */
const IN_WORDS: Readonly<Record<string, readonly [string, string, string, string]>> = {
  Spanish: ['Número de escena', 'Narración', 'Descripción visual', 'Duración'],
  German: ['Szenennummer', 'Erzählung', 'Bildbeschreibung', 'Dauer'],
  Japanese: ['シーン番号', 'ナレーション', '映像', '秒数'],
  Korean: ['장면 번호', '내레이션', '화면', '시간'],
  Russian: ['Номер', 'Закадровый текст', 'Визуальное описание', 'Длительность'],
  Portuguese: ['número_da_cena', 'narração', 'descrição_visual', 'duração'],
  Italian: ['numero_scena', 'narrazione', 'descrizione_visiva', 'durata'],
};

describe('A storyboard that can mean only one thing', () => {
  const without = (name: string) =>
    two.map((each) => Object.fromEntries(Object.entries(each).filter(([key]) => key !== name)));
  const lines = two.map((each) => JSON.stringify(each)).join('\n');
  const inChinese = ({ scene_number, narration, visual_prompt }: (typeof two)[0]) => ({
    ...{ 场景编号: scene_number, 旁白: narration, 画面描述: visual_prompt, 景别: '全景', '时长(秒)': '4秒' },
  });

  test.each<[what: string, answer: unknown]>([
    ['a bare list', two],
    ['a list in a list', [two]],
    ['one wrapper', { storyboard: { scenes: two } }],
    ['a wrapper with a title beside it', { title: 'Rain', result: { scenes: two } }],
    ['another name of the list', { shots: two }],
    ['a list of one storyboard', [{ scenes: two }]],
    ['another value before it', `{"characters":["Mo"]}\n${JSON.stringify({ scenes: two })}`],
    [
      'a draft before it',
      `${JSON.stringify({ scenes: [scene(1, { narration: 'a draft' })] })}\nBetter:\n${JSON.stringify({ scenes: two })}`,
    ],
    ['footnotes before it', `As in [1] and [2]:\n${JSON.stringify({ scenes: two })}`],
    ['a scene a line', lines],
    ['a scene a fence', two.map((each) => `\`\`\`json\n${JSON.stringify(each)}\n\`\`\``).join('\n')],
    [
      'names in another case',
      two.map(({ scene_number, visual_prompt, ...rest }) => ({
        sceneNumber: scene_number,
        'Visual Prompt': visual_prompt,
        ...rest,
      })),
    ],
    ['the names of a scene in another order', two.map((each) => Object.fromEntries(Object.entries(each).reverse()))],
    ['numbers from 0', [scene(0, { narration: 'Rain 1 falls.' }), scene(1, { narration: 'Rain 2 falls.' })]],
    ['numbers with words', [scene(1, { scene_number: 'Scene 1' }), scene(2, { scene_number: 'scene_2' })]],
    ['no numbers', without('scene_number')],
    ['scenes in Chinese', { 场景: two.map((each) => inChinese(each)) }],
    [
      'other names for its fields',
      two.map(({ scene_number, narration, visual_prompt }) => ({
        ...{ scene: scene_number, voice_over: narration, image_prompt: visual_prompt, duration_seconds: '4,5' },
      })),
    ],
    ['a name of ours with another meaning', without('scene_number').map((each) => ({ ...each, scene: 'a pier' }))],
    ['numbers out of how many', [scene(1, { scene_number: '1 of 2' }), scene(2, { scene_number: '2/2' })]],
    ['a text of JSON', JSON.stringify(JSON.stringify({ scenes: two }))],
    ['a text of JSON in a wrapper', { name: 'storyboard', arguments: JSON.stringify({ scenes: two }) }],
    ['a fence in a wrapper', { answer: `\`\`\`json\n${JSON.stringify(two)}\n\`\`\`` }],
    ['a text of JSON each', { scenes: two.map((each) => JSON.stringify(each)) }],
    ['scenes by their numbers', { scenes: { scene_1: two[0], scene_2: two[1] } }],
    [
      'scenes by their numbers alone',
      Object.fromEntries(without('scene_number').map((each, i) => [`Scene ${i + 1}`, each])),
    ],
    ['a wrapper around each scene', { scenes: two.map((each) => ({ scene: each })) }],
    ['scenes in acts', { acts: two.map((each, i) => ({ act: i + 1, scenes: [each] })) }],
    ['shots in scenes', { scenes: two.map((each, i) => ({ scene_number: i + 1, shots: [each] })) }],
    ['an empty list beside it', { scenes: [], storyboard: two }],
    ['nothing behind the last scene', { scenes: [...two, null, {}] }],
    ['lists of sentences', two.map((each) => ({ ...each, narration: [each.narration], visual_prompt: ['a', 'pier'] }))],
    ['four wrappers', { data: { result: { output: { storyboard: two } } } }],
    ['words without quotation marks', JSON.stringify({ scenes: two }).replaceAll('"wide"', 'wide')],
    ['Chinese quotation marks', JSON.stringify({ scenes: two }).replace(/"([^"]*)"/g, '「$1」')],
    ['no number for its seconds', JSON.stringify({ scenes: two }).replaceAll('"duration":4', '"duration":NaN')],
    ['comments of another language', `{ # a board\n"scenes": ${JSON.stringify(two)} # its end\n}`],
    ['numbers as words', [scene(1, { scene_number: 'one' }), scene(2, { scene_number: 'Second' })]],
    ['numbers behind a dash', [scene(1, { scene_number: 'scene-1' }), scene(2, { scene_number: 'scene-2' })]],
    [
      'a comment behind a number',
      `{"scenes": [\n${JSON.stringify(two[0]).replace('4}', '4 // seconds, about\n}')},\n${JSON.stringify(two[1]).replace('4}', '4 # seconds\n}')}]}`,
    ],
    ['a unit without quotation marks', JSON.stringify({ scenes: two }).replaceAll('"duration":4', '"duration":4s')],
    ['a shot that is no text', two.map((each) => ({ ...each, shot_type: 3 }))],
    ['a text in an object', two.map((each) => ({ ...each, narration: { text: each.narration } }))],
    ['names that are less exact', two.map(({ visual_prompt: description, ...rest }) => ({ ...rest, description }))],
    ...Object.entries(IN_WORDS).map(([language, [number, narration, visual, duration]]): [string, unknown] => [
      language,
      {
        scenes: two.map((each) => ({
          [number]: each.scene_number,
          [narration]: each.narration,
          [visual]: 'x',
          [duration]: 4,
        })),
      },
    ]),
    ['nothing for numbers', two.map((each) => ({ ...each, scene_number: null }))],
  ])('is taken: %s', (_what, answer) => {
    expect(told(answer)).toEqual(['Rain 1 falls.', 'Rain 2 falls.']);
    expect(parse(answer).map(({ scene_number }) => scene_number)).toEqual([1, 2]);
  });

  test('has its text by the surest name, whichever comes first', () => {
    const titles = { text: 'A TITLE', description: 'The opening' };
    const [only] = parse([{ ...titles, scene: 1, voiceover: 'Rain falls.', visual_prompt: 'A pier', duration: 4 }]);
    expect(only).toMatchObject({ narration: 'Rain falls.', visual_prompt: 'A pier' });
    const [other] = parse([{ ...titles, scene: 1, narration: 'Rain falls.', image_prompt: 'A pier', duration: 4 }]);
    expect(other).toMatchObject({ narration: 'Rain falls.', visual_prompt: 'A pier' });
  });

  test('is one scene where the answer is one', () => {
    expect(told(scene(3))).toEqual(['Rain 3 falls.']);
  });

  test.each([
    ['5s', 5],
    ['5 sec', 5],
    ['about 4.5 seconds', 4.5],
    ['00:06', 6],
    ['00:00:06', 6],
    [{ value: 4, unit: 's' }, 4],
    ['', 3],
    ['5秒', 5],
    ['five seconds', 5],
    ['5000 ms', 5],
    ['00:00:05,000', 5],
    ['五秒', 5],
    [null, 3],
  ])('has seconds: %p', (duration, seconds) => {
    expect(parse([scene(1, { duration })])[0]?.duration).toBe(seconds);
  });

  test.each([['3-5 seconds'], ['2 minutes'], ['long']])('has none in %p', (duration) => {
    expect(() => parse([scene(1, { duration })])).toThrow('must be a number of seconds');
  });

  test('has a shot where it names none', () => {
    expect(parse([scene(1, { shot_type: null })])[0]?.shot_type).toBe('wide');
  });

  test.each<[what: string, answer: unknown]>([
    ['two lists', { first: two, second: two }],
    ['two of one number', [scene(1), scene(1)]],
    ['numbers that are missing among falling ones', [scene(2), scene(0, { scene_number: null }), scene(1)]],
    ['half of one', JSON.stringify({ scenes: two }).slice(0, -30)],
    ['half of one behind a form', `{"scenes":[]} ${JSON.stringify({ scenes: two }).slice(0, -30)}`],
  ])('is none where there are %s', (_what, answer) => {
    expect(() => parse(answer)).toThrow(UnusableOutput);
  });

  test('is the same in whatever loose form it comes', () => {
    const wrap = fc.constantFrom(
      (value: unknown) => value,
      (value: unknown) => [value],
      (value: unknown) => ({ storyboard: value }),
      (value: unknown) => ({ data: { output: value } }),
    );
    const number = fc.constantFrom(
      (n: number) => n,
      (n: number) => `${n}`,
      (n: number) => `Scene ${n}`,
      (n: number) => n - 1,
    );
    const around = fc.constantFrom('', 'Here it is:\n', 'See [1] and {this}.\n', '```json\n');
    fc.assert(
      fc.property(
        wrap,
        number,
        around,
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        (outer, as, before, count, bare) => {
          const scenes = Array.from({ length: count }, (_, i) => scene(i + 1, { scene_number: as(i + 1) }));
          const after = before.startsWith('```') ? '\n```\nEnjoy!' : '';
          const answer = before + JSON.stringify(outer(bare ? scenes : { scenes })) + after;
          expect(told(answer)).toEqual(scenes.map(({ narration }) => narration));
        },
      ),
    );
  });
});

describe('A storyboard within limits', () => {
  const many = Array.from({ length: 90 }, (_, i) => scene(i + 1, { duration: 60 }));

  test('has as many scenes as were asked for, within the tolerance', () => {
    expect(() => parse(many, { sceneTolerance: 0 }, { scenes: 5 })).toThrow(
      'there are 90, but exactly 5 were asked for',
    );
    expect(() => parse(two, { sceneTolerance: 0 }, { scenes: 5 })).toThrow('exactly 5');
    expect(parse(two, { sceneTolerance: 1 }, { scenes: 3 })).toHaveLength(2);
    expect(parse(many, {}, { scenes: 5 })).toHaveLength(90);
  });

  test('has no scene that is longer than the most', () => {
    expect(() => parse(many, { maxSeconds: 20 })).toThrow('must be at most 20 seconds');
  });

  test('has narrations as they are spoken', () => {
    const written = [
      '**Narrator:** Rain *softly* falls.',
      '"It rains."',
      '# Night\n- Rain.',
      '旁白:下雨了。',
      'Narrator (V.O.): Go.',
    ];
    const scenes = written.map((narration, i) => scene(i + 1, { narration }));
    expect(parse(scenes, { markdown: true }).map(({ narration }) => narration)).toEqual([
      'Rain softly falls.',
      'It rains.',
      'Night\nRain.',
      '下雨了。',
      'Go.',
    ]);
    expect(parse(scenes)[1]?.narration).toBe('"It rains."');
    expect(() => parse([scene(1, { narration: '***' })], { markdown: true })).toThrow('spoken words');
  });

  test('has no character that moves a cursor or turns the direction of a text', () => {
    const [first] = parse([scene(1, { narration: 'a\u001b[31mb\u009bc\u202ed\ne' })]);
    expect(first?.narration).toBe('a [31mb c d\ne');
  });
});

describe('A camera move in words', () => {
  const move = (answer: unknown) => camera.parse(JSON.stringify(answer), {});

  test.each([
    ['slow dolly in while panning left', 'dolly_in', 'slow'],
    ['push in', 'dolly_in', 'medium'],
    ['Pull back', 'dolly_out', 'medium'],
    ['panning slowly to the right', 'pan_right', 'slow'],
    ['quick zoom out', 'zoom_out', 'fast'],
    ['crane up', 'tilt_up', 'medium'],
    ['locked-off shot', 'static', 'medium'],
    ['镜头缓缓推近', 'dolly_in', 'slow'],
  ])('%p is the nearest one, and its words are kept', (movement, nearest, speed) => {
    expect(move({ movement, speed: null, reason: null })).toEqual({ movement: nearest, speed, words: movement });
  });

  test('is read from a list of moves and from a wrapper', () => {
    expect(move({ camera: { movement: ['dolly in', 'pan left'], speed: 'slow' } })).toMatchObject({
      movement: 'dolly_in',
      words: 'dolly in, then pan left',
    });
  });

  const given = { movement: 'zoom_in', speed: 'slow' };
  test.each<[what: string, answer: unknown]>([
    ['a text of JSON', JSON.stringify(given)],
    ['a text of JSON in a wrapper', { name: 'camera', arguments: JSON.stringify(given) }],
    ['wrappers', { data: { result: { camera: given } } }],
    ['a wrapper with a number beside it', { scene_number: 1, camera: given }],
    ['names in another case', { Movement: 'Zoom In', Speed: 'SLOW' }],
    ['another name', { cameraMovement: 'zoom_in', speed: 'slow' }],
    ['an object for the move', { movement: { type: 'zoom_in' }, speed: 'slow' }],
  ])('is read from %s', (_what, answer) => {
    expect(move(answer)).toEqual(given);
  });

  test('is read from Chinese names, and from words alone', () => {
    expect(move({ 运镜: '缓慢推进', 速度: '慢' })).toMatchObject({ movement: 'dolly_in', speed: 'slow' });
    expect(camera.parse('A slow zoom in.', {})).toMatchObject({ movement: 'zoom_in', speed: 'slow' });
    expect(camera.parse('zoom_in', {})).toEqual({ movement: 'zoom_in', speed: 'medium' });
    expect(move({ movement: 'zoom_in', speed: 0.5 })).toEqual({ movement: 'zoom_in', speed: 'medium' });
    expect(() => camera.parse('The lamp is lit.', {})).toThrow(UnusableOutput);
    expect(() => move({ first: given, second: given })).toThrow(UnusableOutput);
  });

  test('that has a name of ours has no words beside it', () => {
    expect(move({ movement: 'Zoom In', speed: 'very slow' })).toEqual({ movement: 'zoom_in', speed: 'slow' });
  });
});

describe('Any answer', () => {
  const pumps = [
    '```json\n',
    '\n',
    ' ',
    '{',
    '[',
    '{"a":',
    '"',
    '\\',
    '<think>',
    '**',
    '*a ',
    '# ',
    'Narrator',
    "I'm sorry, I can't ",
    '-',
    '9',
    'a.',
    '灯。',
    '{a',
    '```',
  ];

  test('is read in a moment, however long and whatever it repeats', () => {
    for (const pump of pumps) {
      for (const [before, after] of [
        ['', ''],
        ['```json', 'x'],
        ['{"scenes":[', ']}'],
        ["I'm sorry ", ''],
      ]) {
        const answer = before + pump.repeat(Math.ceil(200_000 / pump.length)) + after;
        for (const stage of ['rewrite', 'storyboard', 'camera_movement'] as const) {
          const checks = { refusal: true, length: true, repetition: true, script: true, markdown: true };
          try {
            BUILT_IN.ofKind('text', stage).parse(answer, { topic: 'a fox', story: 'a fox', scenes: 1 }, checks);
          } catch (error) {
            expect(error).toBeInstanceOf(UnusableOutput);
          }
        }
      }
    }
  });
});
