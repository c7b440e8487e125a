import { laneId, STAGES, type EventError, type ProjectId } from '../../src/protocol';
import { detailsOf } from '../../src/workflows/lane-details';
import { LaneTable } from '../../src/workflows/lane-table';

const PROJECT = '00000000-0000-4000-8000-000000000001' as ProjectId;
const ERROR: EventError = { type: 'Provider.RateLimited', message: 'The provider answered 429.', retryable: true };

function begun(scenes = 0) {
  let changes = 0;
  const table = new LaneTable(PROJECT, () => (changes += 1));
  table.begin(STAGES);
  if (scenes > 0) table.setScenes(Array.from({ length: scenes }, (_, i) => i + 1));
  return { table, changes: () => changes };
}

/** What an operator reads, without the space that keeps columns apart. */
function shownBy(table: LaneTable): string {
  return detailsOf(table).replaceAll('\u00a0', '');
}

describe('The lane table', () => {
  test('begins with every lane of the plan pending', () => {
    const { table } = begun();
    expect(table.view()).toEqual({
      projectId: PROJECT,
      status: 'running',
      stage: 'rewrite',
      scenes: 0,
      lanes: ['rewrite', 'storyboard', 'film'].map((lane) => ({ lane, status: 'pending' })),
      gates: [],
    });
  });

  test('has a lane for each scene of each stage once the scenes are known', () => {
    const { lanes, scenes } = begun(2).table.view();
    expect(scenes).toBe(2);
    expect(lanes.map(({ lane }) => lane)).toEqual([
      'rewrite',
      'storyboard',
      ...['image_generation', 'camera_movement', 'video_generation'].flatMap((name) => [`${name}/1`, `${name}/2`]),
      'film',
    ]);
  });

  test('states it with each change', () => {
    const { table, changes } = begun(1);
    const before = changes();
    table.set(laneId('rewrite'), 'processing');
    table.set(laneId('rewrite'), 'completed');
    table.end('completed');
    expect(changes()).toBe(before + 3);
  });

  test('ends each lane with its run, unless it is stored as completed', () => {
    const { table } = begun(1);
    table.set(laneId('rewrite'), 'processing');
    table.end('cancelled', [laneId('rewrite'), laneId('image_generation', 1)]);
    const ends = Object.fromEntries(table.view().lanes.map(({ lane, status }) => [lane, status]));
    expect(ends).toMatchObject({ rewrite: 'completed', 'image_generation/1': 'completed', film: 'cancelled' });
  });

  test('names the furthest stage that has begun, also while earlier ones still work', () => {
    const { table } = begun(2);
    table.set(laneId('camera_movement', 1), 'processing');
    expect(table.stage).toBe('camera_movement');
    table.set(laneId('image_generation', 2), 'processing');
    expect(table.stage).toBe('camera_movement');
  });

  test('needs attention while any lane does', () => {
    const { table } = begun(2);
    table.set(laneId('image_generation', 1), 'needs_attention', ERROR);
    table.set(laneId('image_generation', 2), 'processing');
    expect(table.runStatus).toBe('needs_attention');
    expect(table.view().lanes).toContainEqual({ lane: 'image_generation/1', status: 'needs_attention', error: ERROR });
    table.set(laneId('image_generation', 1), 'pending');
    expect(table.runStatus).toBe('running');
    expect(table.error(laneId('image_generation', 1))).toBeUndefined();
  });

  test.each(['failed', 'cancelled'] as const)('when the run has %s, leaves no lane open', (outcome) => {
    const { table } = begun(2);
    table.set(laneId('rewrite'), 'completed');
    table.set(laneId('image_generation', 1), 'failed', ERROR);
    table.set(laneId('image_generation', 2), 'needs_attention', ERROR);
    table.end(outcome);
    expect(table.runStatus).toBe(outcome);
    const { lanes } = table.view();
    expect(lanes.find(({ lane }) => lane === 'rewrite')?.status).toBe('completed');
    expect(lanes.find(({ lane }) => lane === 'image_generation/1')?.status).toBe('failed');
    expect(lanes.filter(({ status }) => !['completed', 'failed', outcome].includes(status))).toEqual([]);
    expect(table.withStatus('needs_attention')).toEqual([]);
  });

  test('is shown as two tables: the whole, and scene by scene', () => {
    const { table } = begun(2);
    table.set(laneId('rewrite'), 'completed');
    table.set(laneId('storyboard'), 'completed');
    table.set(laneId('image_generation', 2), 'processing');
    expect(shownBy(table)).toBe(
      [
        '**running** · stage image_generation',
        '',
        '| rewrite | storyboard | film |',
        '|---|---|---|',
        '| ✓ completed | ✓ completed | · pending |',
        '',
        '| scene | image generation | camera movement | video generation |',
        '|---|---|---|---|',
        '| 1 | · pending | · pending | · pending |',
        '| 2 | ▶ processing | · pending | · pending |',
        '',
      ].join('\n'),
    );
  });

  test('shows an operator what a parked lane met, and the very commands to type', () => {
    const { table } = begun(1);
    table.set(laneId('image_generation', 1), 'needs_attention', ERROR);
    const shown = detailsOf(table);
    expect(shown).toContain('**needs attention**');
    expect(shown).toContain(
      '**image_generation/1** waits for a person: Provider.RateLimited: The provider answered 429.',
    );
    expect(shown).toContain(
      `temporal workflow signal --workflow-id story-${PROJECT} --name retry --input '{"lane":"image_generation/1"}'`,
    );
    expect(shown).toContain(`tctl workflow signal -w story-${PROJECT} -n retry -i '{"lane":"image_generation/1"}'`);
    expect(shown).toContain(`temporal workflow cancel --workflow-id story-${PROJECT}`);
  });

  test('sums up the scenes of a long film', () => {
    const shown = shownBy(begun(500).table);
    expect(shown.match(/^\| \d+ \|/gm)).toHaveLength(60);
    expect(shown).toContain('… and 440 more scenes');
  });
});
