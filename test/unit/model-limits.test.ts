import fc from 'fast-check';
import OpenAI from 'openai';
import { refuseImage, refuseVideo } from '../../dev/studio/strict';
import { ApiError } from '../../dev/studio/http/api-error';
import { readConfig } from '../../src/config';
import { ModelLimits, type Order } from '../../src/providers/model-limits';

let places = 0;
const limits = (model = 'm') => new ModelLimits({ baseUrl: `http://place-${places++}`, model });
const refusal = (message: string, param?: string) =>
  OpenAI.APIError.generate(400, { error: { message, param } }, undefined, new Headers());

/** Asks as lanes do, until the service takes the order. */
function settle(own: ModelLimits, wanted: Order, refuse: (order: Order) => Error | undefined): Order | undefined {
  for (let orders = 1; orders <= 8; orders++) {
    const order = own.order(wanted);
    const error = refuse(order);
    if (!error) return order;
    if (!own.learn(error, wanted)) return undefined;
  }
  return undefined;
}

describe('A length that a model has not', () => {
  const wordings: ((list: string) => string)[] = [
    (list) => `Invalid value: '3'. Supported values are: ${list}.`,
    (list) => `duration 3 is not supported, must be one of [${list}]`,
    (list) => `seconds: Input should be ${list}`,
    (list) => `The requested duration is not available for this model. Allowed durations: ${list} seconds.`,
  ];
  test('is ordered as the shortest that holds the scene, in whatever words the lengths are given', () => {
    const lengths = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        lengths,
        fc.constantFrom(2, 2.5, 3, 3.5, 4, 5, 6),
        fc.constantFrom(...wordings),
        (has, seconds, say) => {
          const words = say(has.map((each) => `'${each}'`).join(', '));
          const order = settle(limits(), { size: '64x36', seconds }, (asked) =>
            has.includes(asked.seconds ?? 0) ? undefined : refusal(words, 'seconds'),
          );
          const holding = has.filter((each) => each >= seconds);
          expect(order?.seconds).toBe(holding.length > 0 ? Math.min(...holding) : Math.max(...has));
        },
      ),
    );
  });

  test.each([
    ['duration must be between 5 and 15 seconds', 5],
    ['seconds must be at least 4', 4],
    ['seconds must be an integer', 3],
    ['unsupported duration', 3],
  ])('is learned from "%s"', (words, expected) => {
    const own = limits();
    expect(own.learn(refusal(words, 'seconds'), { size: '64x36', seconds: 2.5 })).toBe(true);
    expect(own.order({ size: '64x36', seconds: 2.5 }).seconds).toBe(expected);
  });
});

describe('A size that a model has not', () => {
  test.each([
    [
      "Invalid value: '1280x720'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.",
      '1536x1024',
    ],
    ['size must be one of 1280*720, 960*960', '960*960'],
    ['resolution must be one of: 480p, 720p, 1080p', '720p'],
    ['aspect_ratio must be one of 1:1, 9:16, 16:9', '16:9'],
    ['image size must be at least 3686400 pixels', '2560x1440'],
  ])('is ordered as the nearest that covers it: %s', (words, expected) => {
    const own = limits();
    const wanted = { size: expected === '960*960' ? '900x900' : '1280x720' };
    expect(own.learn(refusal(words, 'size'), wanted)).toBe(true);
    expect(own.order(wanted).size).toBe(expected);
  });

  test('is not learned from a refusal about something else', () => {
    expect(limits().learn(refusal('The prompt is too long: 32000 characters', 'prompt'), { size: '64x36' })).toBe(
      false,
    );
  });
});

describe('The default models', () => {
  const config = readConfig({});
  const refused = (refuse: () => void): Error | undefined => {
    try {
      refuse();
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return OpenAI.APIError.generate(error.status, error.body, undefined, new Headers());
    }
  };

  test('are taken by services as strict as today’s are, with any size of frame and any length of a scene', () => {
    const sides = fc.constantFrom('1280x720', '1920x1080', '720x1280', '640x360', '1000x1000');
    fc.assert(
      fc.property(sides, fc.constantFrom(2, 2.5, 3, 3.5, 4, 5, 6), (size, seconds) => {
        const { STORYREEL_IMAGE_MODEL: painter, STORYREEL_VIDEO_MODEL: camera } = config;
        const image = settle(limits(painter), { size }, (order) =>
          refused(() => refuseImage({ model: painter, prompt: 'a', size: order.size, n: 1 })),
        );
        const clip = settle(limits(camera), { size, seconds }, (order) =>
          refused(() => refuseVideo({ model: camera, prompt: 'a', size: order.size, seconds: `${order.seconds}` })),
        );
        expect({ image, clip }).toMatchObject({ image: { size: expect.any(String) as string }, clip: {} });
        expect(clip?.seconds).toBe(seconds <= 4 ? 4 : 6);
      }),
    );
  });
});
