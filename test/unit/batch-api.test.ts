import { batchIdOfWorkflow, batchWorkflowIdOf, parseBatchId, priorityOf } from '../../src/protocol';

test.each(['spring', 'a', 'Spring-2026_b.1', 'x'.repeat(100)])('takes %s as the name of a batch', (text) => {
  const id = parseBatchId(text);
  expect(id).toBe(text);
  expect(id && batchIdOfWorkflow(batchWorkflowIdOf(id))).toBe(id);
});

test.each(['', '-spring', 'two words', 'a/b', 'é', 'x'.repeat(101)])('takes "%s" as no name of a batch', (text) => {
  expect(parseBatchId(text)).toBeUndefined();
});

test('a story is no batch', () => {
  expect(batchIdOfWorkflow('story-0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11')).toBeUndefined();
});

test('a run that states nothing leaves its priority to Temporal', () => {
  expect(priorityOf({})).toEqual({});
  expect(priorityOf({ owner: '' })).toEqual({});
});

test('an owner is the key of fairness, cut to the 64 bytes that Temporal takes, between characters', () => {
  expect(priorityOf({ priority: 2, owner: 'ada' })).toEqual({ priorityKey: 2, fairnessKey: 'ada' });
  for (const owner of ['a'.repeat(100), 'é'.repeat(60), '狐'.repeat(60), `a${'🦊'.repeat(60)}`]) {
    const { fairnessKey = '' } = priorityOf({ owner });
    expect(owner.startsWith(fairnessKey)).toBe(true);
    expect(Buffer.from(fairnessKey).toString()).toBe(fairnessKey);
    expect(Buffer.byteLength(fairnessKey)).toBeLessThanOrEqual(64);
    expect(Buffer.byteLength(fairnessKey)).toBeGreaterThan(60);
  }
});
