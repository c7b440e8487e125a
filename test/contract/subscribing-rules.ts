import type { EventLog } from '../../src/stream';
import { until } from '../support/until';
import { append, begin, listen, newProject, readAll, writerOf } from './log-under-test';

export function subscribingRules(log: () => EventLog): void {
  describe('subscribing', () => {
    test('a listener hears every event as the log holds it, each after the one before', async () => {
      const projectId = newProject();
      const heard = await listen(log(), projectId);
      await append(log(), writerOf(projectId, 1), 0, 'a');
      await append(log(), writerOf(projectId, 1), 1, 'b');
      await append(log(), writerOf(projectId, 2), 0, 'c');
      await until('four events', () => heard.messages.length >= 4);
      const befores = heard.messages.map((message) => message.kind === 'event' && message.previousId);
      expect(befores).toEqual(['0-0', ...heard.events().map(({ id }) => id)].slice(0, -1));
      const [first, ...rest] = heard.events();
      expect(await readAll(log(), projectId, first?.id ?? ('' as never))).toEqual(rest);
      heard.leave();
    });

    test('nothing that comes after the subscription is missed', async () => {
      const { projectId } = await begin(log());
      const heard = await listen(log(), projectId);
      const writing = Array.from({ length: 100 }, (_, i) => append(log(), writerOf(projectId, 1), i, 'x'));
      await Promise.all(writing);
      await until('all tokens', () => heard.events().length === 100);
      heard.leave();
    });

    test('one who joins others hears nothing of what was appended before', async () => {
      const { projectId } = await begin(log());
      const first = await listen(log(), projectId);
      for (let i = 0; i < 50; i++) {
        await append(log(), writerOf(projectId, 1), i, 'x');
        const joined = await listen(log(), projectId);
        await until('the first one has heard it', () => first.messages.length === i + 1);
        expect(joined.messages).toEqual([]);
        joined.leave();
      }
      first.leave();
    });

    test('everyone who listens hears; who has left does not, and the others continue', async () => {
      const { projectId } = await begin(log());
      const one = await listen(log(), projectId);
      const two = await listen(log(), projectId);
      await append(log(), writerOf(projectId, 1), 0, 'a');
      await until('both heard', () => one.messages.length === 1 && two.messages.length === 1);
      one.leave();
      await append(log(), writerOf(projectId, 1), 1, 'b');
      await until('the other heard', () => two.messages.length === 2);
      expect(one.messages).toHaveLength(1);
      two.leave();
    });

    test('after the last one has left, a new one hears again', async () => {
      const { projectId } = await begin(log());
      const first = await listen(log(), projectId);
      first.leave();
      first.leave();
      const second = await listen(log(), projectId);
      await append(log(), writerOf(projectId, 1), 0, 'a');
      await until('heard', () => second.messages.length === 1);
      expect(first.messages).toHaveLength(0);
      second.leave();
    });

    test('a listener hears of its own project only', async () => {
      const mine = await begin(log());
      const other = await begin(log());
      const heard = await listen(log(), mine.projectId);
      await append(log(), writerOf(other.projectId, 1), 0, 'other');
      await append(log(), writerOf(mine.projectId, 1), 0, 'mine');
      await until('heard', () => heard.messages.length > 0);
      expect(heard.events()).toMatchObject([{ content: 'mine' }]);
      heard.leave();
    });
  });
}
