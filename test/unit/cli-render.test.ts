import {
  costLine,
  createStyle,
  EMPTY_VIEW,
  JsonRenderer,
  LiveRenderer,
  PlainRenderer,
  reduceStory,
  sceneTable,
  standardOutput,
  type Renderer,
} from '../../src/cli/render';
import { LiveArea } from '../../src/cli/render/live-area';
import { fit as fitted, pad, widthOf } from '../../src/cli/render/display-width';
import { StoryboardText } from '../../src/cli/render/storyboard-text';
import type { ProjectView } from '../../src/client';
import type { LaneId, StoryEvent } from '../../src/protocol';
import { recordedScreen } from '../support/command-line';
import { done, event, laneEvent, PROJECT, snapshot, token } from './cli-events';

const plainStyle = createStyle(false);

function play(renderer: Renderer, events: readonly StoryEvent[]): void {
  let view = EMPTY_VIEW;
  for (const each of events) {
    const before = view;
    view = reduceStory(view, each);
    renderer.show(each, before, view);
  }
}

const story = 'A fox ran.\nIt snowed.';
const board = '{"scenes":[{"scene_number":1,"narration":"A fox \\u2014 red.","duration":3}]}';
const run = (): StoryEvent[] => [
  snapshot(),
  laneEvent('rewrite', { type: 'stage_update', status: 'processing' }),
  token('rewrite', story.slice(0, 6), 0),
  token('rewrite', story.slice(6), 6),
  done('rewrite', story),
  laneEvent('storyboard', { type: 'stage_update', status: 'processing' }),
  token('storyboard', board.slice(0, 30), 0),
  token('storyboard', board.slice(30), 30),
  done('storyboard', board),
  laneEvent('camera_movement/1', { type: 'stage_update', status: 'completed' }),
  event('camera_movement', { type: 'progress', current: 1, total: 1, progress: 100, item_name: 'scene 1' }),
];

const project = {
  projectId: PROJECT,
  status: 'completed',
  film: { asset: 'a.mp4', sha256: '', bytes: 2_500_000, duration: 3, scenes: 1 },
  usage: { input_tokens: 10, output_tokens: 20, wasted_tokens: 5 },
} as unknown as ProjectView;

describe('a terminal', () => {
  it.each([
    ['xterm-256color', true],
    [undefined, true],
    ['dumb', false],
  ])('of the kind %s is drawn on again: %s', (kind, drawn) => {
    const stream = { isTTY: true, hasColors: () => false, write: () => true } as unknown as NodeJS.WriteStream;
    expect(standardOutput(stream, kind).interactive).toBe(drawn);
  });
});

describe('plain lines', () => {
  it('print each text once, as a whole, when it has settled', () => {
    const screen = recordedScreen();
    play(new PlainRenderer(screen, jest.fn()), run());
    expect(screen.text).toContain('✓ rewrite: 21 bytes, verified\n           A fox ran.\n           It snowed.\n');
    expect(screen.text.match(/A fox ran/g)).toHaveLength(1);
    expect(screen.text).toContain('camera_movement 1/1 (scene 1)');
    expect(screen.text).not.toContain('\x1b');
  });

  it('mark a text that starts again', () => {
    const screen = recordedScreen();
    const again = laneEvent('rewrite', { type: 'reset', reason: 'retry', attempt: 2 }, 2);
    play(new PlainRenderer(screen, jest.fn()), [snapshot(), token('rewrite', 'A fo', 0), again]);
    expect(screen.text).toContain('↺ rewrite starts again (retry, attempt 2)');
  });

  it('state loudly that a text is not what was stored', () => {
    const screen = recordedScreen();
    play(new PlainRenderer(screen, jest.fn()), [
      snapshot(),
      token('rewrite', 'A cat', 0),
      done('rewrite', 'A fox', 1, false),
    ]);
    expect(screen.text).toContain('✗ rewrite: MISMATCH');
  });

  it('group the digits of a long text', () => {
    const screen = recordedScreen();
    const long = 'x'.repeat(1_092);
    play(new PlainRenderer(screen, jest.fn()), [snapshot(), token('rewrite', long, 0), done('rewrite', long)]);
    expect(screen.text).toContain('✓ rewrite: 1,092 bytes, verified');
  });

  it('end with the film, its length and what it cost', () => {
    const screen = recordedScreen();
    new PlainRenderer(screen, jest.fn()).close({ project, filmPath: '/films/fox.mp4', seconds: 12.34 });
    expect(screen.text).toBe(
      '✓ The film is done. 30 tokens, 5 of them wasted, 12.3 s\n  /films/fox.mp4\n  1 scene, 3.0 s, 2.5 MB\n',
    );
  });

  it('state which scenes the film shows by their image, and which it does without', () => {
    const screen = recordedScreen();
    const film = {
      asset: 'a.mp4',
      sha256: '',
      bytes: 2_500_000,
      duration: 9,
      scenes: 3,
      stills: [2, 3],
      missing_scenes: [4],
    };
    new PlainRenderer(screen, jest.fn()).close({ project: { ...project, film }, filmPath: '/f.mp4', seconds: 0 });
    expect(screen.text).toContain(
      '  3 scenes, 9.0 s, 2.5 MB\n  Without a clip, shown by its image: scene 2, 3\n  Not in the film: scene 4\n',
    );
  });
});

describe('the cost line', () => {
  const usage = { input_tokens: 100, output_tokens: 50, useful_tokens: 110, wasted_tokens: 40 };
  it.each([
    [{ usage: { ...usage, input_tokens: 0, output_tokens: 0 } }, undefined],
    [{ usage: { ...usage, wasted_tokens: 0 } }, 'paid 150 tokens'],
    [
      { usage: { ...usage, images: 1, video_seconds: 6, wasted_video_seconds: 3 } },
      'paid 150 tokens (40 wasted), 1 image, 6 s of clips (3 wasted)',
    ],
    [
      { usage: { ...usage, cost: 0.4012, useful_cost: 0.4, wasted_cost: 0.0012, estimated: true as const }, budget: 1 },
      'paid 150 tokens (40 wasted); cost 0.4012: 0.40 useful, 0.0012 wasted (in part estimated); budget 1.00',
    ],
  ])('states what was paid, and what of it was of use: %#', (project, line) => {
    expect(costLine(project)).toBe(line);
  });
});

describe('JSON lines', () => {
  it('are the events as they came and nothing else', () => {
    const screen = recordedScreen();
    const say = jest.fn();
    const renderer = new JsonRenderer(screen, say);
    const events = run();
    play(renderer, events);
    renderer.note('a note');
    renderer.close();
    expect(
      screen.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(events);
    expect(say).toHaveBeenCalledWith('a note');
  });
});

describe('a live terminal', () => {
  it('shows the text piece by piece below a heading, and then that it is verified', () => {
    const screen = recordedScreen({ interactive: true });
    const renderer = new LiveRenderer(screen);
    const events = run();
    play(renderer, events.slice(0, 3));
    expect(screen.text).toMatch(/\nrewrite\nA fox $/);
    renderer.close();
  });

  it('keeps what was printed and marks a new beginning', () => {
    const screen = recordedScreen({ interactive: true });
    const renderer = new LiveRenderer(screen);
    const again = laneEvent('rewrite', { type: 'reset', reason: 'retry', attempt: 2 }, 2);
    play(renderer, [snapshot(), token('rewrite', 'A fo', 0), again, token('rewrite', 'New', 0, 2)]);
    expect(screen.text).toMatch(/rewrite\nA fo\n↺ starts again \(retry, attempt 2\)\nNew$/);
    renderer.close();
  });

  it('prints only what is new when a snapshot repeats a text', () => {
    const screen = recordedScreen({ interactive: true });
    const renderer = new LiveRenderer(screen);
    const late = snapshot({ rewrite: { text: 'A fox ran', status: 'processing' } });
    play(renderer, [snapshot(), token('rewrite', 'A fox', 0), late]);
    expect(screen.text).toMatch(/rewrite\nA fox ran$/);
    renderer.close();
  });

  it('ends with a table of the scenes and the film', () => {
    const screen = recordedScreen({ interactive: true });
    const renderer = new LiveRenderer(screen);
    play(renderer, run());
    renderer.close({ project, filmPath: '/films/fox.mp4', seconds: 1 });
    expect(screen.text).toContain('✓ storyboard: 76 bytes, verified');
    expect(screen.text).toMatch(/scene {2}image +camera +clip/);
    expect(screen.text).toMatch(/ 1 {2}· +✓ +· +A fox — red\./);
    expect(screen.text).toContain('/films/fox.mp4');
  });

  it('does not let a text steer the terminal', () => {
    const screen = recordedScreen({ interactive: true });
    const renderer = new LiveRenderer(screen);
    play(renderer, [snapshot(), token('rewrite', 'a\x1b[2Jb\x07c\u202e', 0)]);
    expect(screen.text).toMatch(/\na\[2Jbc$/);
    renderer.close();
  });

  it('draws its last lines again in place, counting those that the terminal has folded', () => {
    const screen = recordedScreen({ columns: 10 });
    const area = new LiveArea(screen);
    area.draw(['short', 'a line of 21 columns!']);
    area.draw(['new']);
    expect(screen.text).toBe('short\na line of 21 columns!\n\x1b[4A\r\x1b[Jnew\n');
  });
});

describe('a storyboard that streams in', () => {
  const shown = (text: string, size: number) => {
    const board = new StoryboardText(plainStyle);
    return (text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? []).map((piece) => board.feed(piece)).join('');
  };
  const text = '{"scenes": [{"scene_number": 1, "narration": "He said \\"go\\" \\ud83e\\udd8a.", "duration": 2.5}]}';

  it.each([1, 2, 7, 1000])('reads the same in pieces of %d characters', (size) => {
    expect(shown(text, size)).toBe('  scene 1\n    narration     He said "go" 🦊.\n    duration      2.5\n');
  });

  it.each(['\\u001b]0;x\\u0007', '\\u009b2J', '\\u202e', '\u001b[2J', '\u009b31m', '\u2067'])(
    'shows no control of a terminal: %j',
    (control) => {
      const board = new StoryboardText(plainStyle);
      const seen = board.feed(`{"${control}a": "b${control}c"}`);
      expect(seen).toContain('b');
      expect(seen).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    },
  );

  it('passes on what is no JSON', () => {
    expect(shown('Sorry, I cannot do that.', 3)).toBe('Sorry, I cannot do that.');
  });
});

describe('the table of scenes', () => {
  const cells = (scenes: number) =>
    Array.from({ length: scenes }, (_, i) => ({
      lane: `video_generation/${i + 1}` as LaneId,
      status: i === 20 ? ('processing' as const) : ('completed' as const),
      attempt: i === 20 ? 2 : 1,
      progress: 40,
    }));
  const options = { style: plainStyle, columns: 80, mostScenes: 10, narrations: new Map<number, string>() };

  it('has a row for each scene', () => {
    expect(sceneTable(cells(3), options)).toHaveLength(4);
  });

  it('sums up more scenes than fit, and shows those under way', () => {
    const lines = sceneTable(cells(40), options);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^ +21 .*▶ 40 % try 2/);
    expect(lines[2]).toMatch(/^all .*39\/40/);
  });

  it.each([20, 40, 80, 200])('never takes more than the %d columns of the terminal', (columns) => {
    const narrations = new Map([[1, '一只红色的狐狸在雪地里奔跑 🦊'.repeat(20)]]);
    for (const line of sceneTable(cells(3), { ...options, columns, narrations })) {
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });
});

it('measures text as a terminal does', () => {
  expect([widthOf('abc'), widthOf('狐狸'), widthOf('🦊'), widthOf('\x1b[31mred\x1b[39m')]).toEqual([3, 4, 2, 3]);
  expect(fitted('狐狸跑了', 5)).toBe('狐狸…');
  expect(pad('狐', 4)).toBe('狐  ');
});
