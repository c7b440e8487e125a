import { Inbox } from '../../src/client/watch/inbox';
import type { Cursor, LogEvent } from '../../src/protocol';
import type { LogMessage } from '../../src/stream';
import { token } from './cli-events';

function message(content = 'x', at = 0): LogMessage & { readonly kind: 'event'; readonly event: LogEvent } {
  return { kind: 'event', event: token('rewrite', content, at), previousId: '0-0' as Cursor };
}

describe('The inbox of a viewer', () => {
  let inbox: Inbox;
  beforeEach(() => void (inbox = new Inbox()));
  afterEach(() => inbox.close());

  test('gives what came in its order, also while more comes', () => {
    const messages = Array.from({ length: 1_000 }, (_, i) => message('x', i));
    const taken: (LogMessage | undefined)[] = [];
    for (const [i, each] of messages.entries()) {
      inbox.put(each);
      if (i >= 300) taken.push(inbox.take());
    }
    while (!inbox.isEmpty) taken.push(inbox.take());
    expect(taken).toEqual(messages);
    expect(inbox.take()).toBeUndefined();
  });

  test.each([
    ['many small ones', 10_000, 'x'],
    ['few large ones', 3, 'x'.repeat(60_000)],
    ['a single one that is too large', 1, 'x'.repeat(100_000)],
  ])('holds nothing but a note where too many are unread: %s', (_, count, content) => {
    for (let i = 0; i < count; i++) inbox.put(message(content));
    expect(inbox.take()).toEqual({ kind: 'interrupted' });
    expect(inbox.isEmpty).toBe(true);
    const next = message();
    inbox.put(next);
    expect(inbox.take()).toBe(next);
  });

  test('does not overflow for a reader who is always a little behind', () => {
    inbox.put(message());
    for (let i = 0; i < 20_000; i++) {
      inbox.put(message());
      expect(inbox.take()?.kind).toBe('event');
    }
  });

  test('lets its reader wait until something comes', async () => {
    const waited = inbox.wait(60_000);
    inbox.put(message());
    await waited;
    expect(inbox.isEmpty).toBe(false);
    await inbox.wait(60_000);
  });

  test('lets its reader wait no longer than it has patience, each time anew', async () => {
    for (const ms of [30, 10, 40]) {
      const before = performance.now();
      await inbox.wait(ms);
      expect(performance.now() - before).toBeGreaterThan(ms - 2);
    }
  });

  test('wakes its reader when it is closed, and takes nothing more', async () => {
    const waited = inbox.wait(60_000);
    inbox.close();
    await waited;
    inbox.put(message());
    expect(inbox.isEmpty).toBe(true);
  });
});
