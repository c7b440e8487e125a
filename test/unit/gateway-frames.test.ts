import { frameOf } from '../../src/gateway/stream/frames';
import type { Cursor, ProjectId, SnapshotEvent } from '../../src/protocol';

/** Whose texts are read only when they are serialised. */
function snapshotThatCounts() {
  let reads = 0;
  const lanes = {
    rewrite: {
      status: 'processing',
      get text() {
        reads += 1;
        return 'a fox';
      },
    },
  };
  const event = {
    type: 'snapshot',
    project_id: '0b6b0f3e-6f0e-4c9e-9a52-0d1f4a5c7e11' as ProjectId,
    cursor: '1764000000000-0' as Cursor,
    status: 'processing',
    lanes,
  } as unknown as SnapshotEvent;
  return { event, reads: () => reads };
}

test('Viewers who share a snapshot share its bytes, which are made once for each view, and only for a view that is asked for', () => {
  const { event, reads } = snapshotThatCounts();
  const frames = Array.from({ length: 1_000 }, () => frameOf(event));
  expect(reads()).toBe(0);
  const bytes = new Set(frames.map(({ full }) => full));
  expect([bytes.size, reads()]).toEqual([1, 1]);
  expect([...bytes][0]?.toString()).toMatch(/^id: 1764000000000-0\ndata: \{"type":"snapshot".*"text":"a fox".*\}\n\n$/);
  const withoutTexts = new Set(frames.map(({ status }) => status));
  expect(withoutTexts.size).toBe(1);
  expect([...withoutTexts][0]?.toString()).not.toContain('a fox');
});
