import fc from 'fast-check';
import { estimate, estimateCalls } from '../../src/planning';

const film = (scenes: number, prices: object, seconds?: readonly number[]) => {
  const model = { name: 'p', model: 'm', prices, reasoningTokens: 0, ...(seconds && { limits: { seconds } }) };
  return { scenes, models: { text: model, image: model, video: model } };
};
const PRICES = { inputPerMillion: 1, outputPerMillion: 2, perImage: 0.04, perSecond: 0.1 };

describe('An estimate', () => {
  test('has a price for each image and clip, and for each text a range', () => {
    const { stages, cost } = estimate(film(3, PRICES, [5, 10]));
    const of = (name: string) => stages.find(({ stage }) => stage === name);
    expect(of('image_generation')).toMatchObject({ calls: 3, unit: 'image', amount: { least: 3, most: 3 } });
    expect(of('image_generation')?.cost?.most).toBeCloseTo(0.12);
    expect(of('video_generation')).toMatchObject({ calls: 3, unit: 'second', amount: { least: 15, most: 30 } });
    expect(of('rewrite')).toMatchObject({ calls: 1, unit: 'token', amount: { least: 200, most: 2_000 } });
    expect(cost?.least).toBeGreaterThan(0.12 + 1.5);
  });

  test('states no sum where a price is missing', () => {
    const { stages, cost } = estimate(film(3, { perImage: 0.04 }));
    expect(cost).toBeNull();
    expect(stages.filter(({ cost: known }) => known).map(({ stage }) => stage)).toEqual(['image_generation']);
    expect(estimate(film(3, { perImage: 0.04 }), { stages: ['image_generation'] }).cost?.most).toBeCloseTo(0.12);
  });

  test('of some calls has the lengths of scenes that are known, and goes without what may not be needed', () => {
    const clips = [{ isSure: true, seconds: 5.5 }, { isSure: false, seconds: 4 }, { isSure: false }];
    const { stages, cost } = estimateCalls(film(3, PRICES, [5, 10]), new Map([['video_generation', clips]]));
    expect(stages).toMatchObject([{ stage: 'video_generation', calls: 3, amount: { least: 10, most: 25 } }]);
    expect([cost?.least, cost?.most]).toEqual([expect.closeTo(1), expect.closeTo(2.5)]);
    expect(estimateCalls(film(3, {}), new Map())).toMatchObject({
      stages: [],
      cost: { least: 0, most: 0 },
    });
  });

  test('grows with the scenes, and is the sum of its stages', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (scenes, seconds) => {
          const [one, more] = [estimate(film(scenes, PRICES, seconds)), estimate(film(scenes + 1, PRICES, seconds))];
          expect(one.cost?.least).toBeLessThanOrEqual(one.cost?.most ?? 0);
          expect(more.cost?.least).toBeGreaterThan(one.cost?.least ?? Infinity);
          expect(one.stages.reduce((sum, { cost }) => sum + (cost?.most ?? 0), 0)).toBeCloseTo(one.cost?.most ?? -1);
        },
      ),
    );
  });
});
