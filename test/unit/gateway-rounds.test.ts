import { setImmediate as turn } from 'node:timers/promises';
import { Rounds } from '../../src/gateway/stream/rounds';
import { until } from '../support/until';

describe('Rounds over viewers', () => {
  test('begin after the present turn, so that all that arrives in it can be served at once', async () => {
    const seen: string[] = [];
    function* round() {
      seen.push('round');
      yield;
    }
    const rounds = new Rounds();
    rounds.add(round());
    seen.push('same turn');
    await until('the round has run', () => seen.length === 2);
    expect(seen).toEqual(['same turn', 'round']);
  });

  test('let everything else have its turn, and do not hold up a short round behind a long one', async () => {
    let [steps, turns] = [0, 0];
    let stepsBeforeShort: number | undefined;
    let isOver = false;
    function* long() {
      for (; turns < 3 || stepsBeforeShort === undefined; steps += 1) yield;
      isOver = true;
    }
    function* short() {
      yield;
      stepsBeforeShort = steps;
    }
    const rounds = new Rounds();
    rounds.add(long());
    rounds.add(short());
    while (!isOver) {
      await turn();
      turns += 1;
    }
    expect(stepsBeforeShort).toBeGreaterThan(0);
  });

  test('stop after their first steps as long as somebody comes in each turn', async () => {
    let steps = 0;
    let isOver = false;
    function* slow() {
      while (!isOver) {
        for (const until = performance.now() + 0.05; performance.now() < until;);
        steps += 1;
        yield;
      }
    }
    const rounds = new Rounds();
    rounds.add(slow());
    const perTurn: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const before = steps;
      rounds.hurry();
      await turn();
      perTurn.push(steps - before);
    }
    isOver = true;
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(16);
    expect(steps).toBeGreaterThan(16);
  });

  test('can be added while others run, and after all have ended', async () => {
    const seen: number[] = [];
    const rounds = new Rounds();
    function* round(number: number): Generator<void> {
      seen.push(number);
      if (number < 3) rounds.add(round(number + 1));
      yield;
    }
    rounds.add(round(1));
    await until('three rounds have run', () => seen.length === 3);
    rounds.add(round(4));
    await until('the fourth has run', () => seen.length === 4);
    expect(seen).toEqual([1, 2, 3, 4]);
  });
});
