import fc from 'fast-check';
import { keepSecret, scrub, scrubWithin } from '../../src/scrub';

const letters = (alphabet: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length + 24 });
const ALNUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** As vendors make them, and passwords as people do. */
const secrets = fc.oneof(
  letters('0123456789abcdef', 32),
  letters(ALNUM, 20),
  letters(`${ALNUM}-_`, 24).map((rest) => `AIza${rest}`),
  letters(`${ALNUM}+/=`, 16),
  letters(`${ALNUM}!"#$%&'()*+,-./:;<=>?@[\\]^_{|}~ äßé`, 10),
);
const around = fc.string({ maxLength: 30 });

const escape = (text: string) => JSON.stringify(text).slice(1, -1);
const FORMS: Readonly<Record<string, (secret: string, before: string, after: string) => string>> = {
  plain: (secret) => secret,
  'URL-encoded': (secret) => encodeURIComponent(secret),
  'URL-encoded in small letters': (secret) => encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase()),
  'wholly URL-encoded': (secret) => [...Buffer.from(secret)].map((b) => `%${b.toString(16).padStart(2, '0')}`).join(''),
  'in JSON': escape,
  'in base64': (secret) => Buffer.from(secret).toString('base64'),
  'in base64 for URLs': (secret) => Buffer.from(secret).toString('base64url'),
  'in base64 with a user': (secret, before, after) => Buffer.from(`${before}:${secret}${after}`).toString('base64'),
  'in hexadecimal': (secret) => Buffer.from(secret).toString('hex'),
};

/** Half of it in a row is as good as all of it. */
function leaks(text: string, written: string): boolean {
  return text.replaceAll('[hidden]', '').includes(written.slice(4, -4));
}

describe('A secret that the process knows', () => {
  test.each(Object.keys(FORMS))('is taken out of any text: %s', (form) => {
    fc.assert(
      fc.property(secrets, around, around, (secret, before, after) => {
        keepSecret(secret);
        const written = FORMS[form]?.(secret, before, after) ?? '';
        const shown = form === 'in base64 with a user' ? Buffer.from(secret).toString('base64') : written;
        // A short part of it may be in what is around it by chance.
        fc.pre(!leaks(`${before}  ${after}`, shown));
        const text = scrub(`${before} ${written} ${after}`);
        expect(leaks(text, shown)).toBe(false);
        if (form !== 'in base64 with a user') expect(text).toContain('[hidden]');
      }),
      { numRuns: 40 },
    );
  });

  test('is taken out of every text of a value, and nothing else is changed', () => {
    keepSecret('0f1e2d3c4b5a69788796a5b4c3d2e1f0');
    const at = { a: ['x 0f1e2d3c4b5a69788796a5b4c3d2e1f0'], n: 1, none: null, deep: { is: true } };
    expect(scrubWithin(at)).toEqual({ a: ['x [hidden]'], n: 1, none: null, deep: { is: true } });
  });

  test('is known by its beginning alone, where it is long', () => {
    keepSecret('Zy9x8W7v6U5t4S3r2Q1p0O9n8M7l');
    expect(scrub('the key Zy9x8W7v6U5t4S3r… is wrong')).toBe('the key [hidden]… is wrong');
  });

  test.each(['', 'short', 'seven77'])('is none where it is too short to tell it from words: %p', (value) => {
    keepSecret(value);
    expect(scrub('a short text, seven77')).toBe('a short text, seven77');
  });
});

describe('A key that the process does not know', () => {
  test.each([
    'sk-proj-Ab12Cd34Ef56',
    'sk-ant-api03-Ab12**********Ef56',
    'AIzaSyD-1234567890abcdef',
    'hf_AbCdEfGhIjKl',
    'gsk_AbCdEfGhIjKl',
    'r8_AbCdEfGhIjKl',
    'xai-AbCdEfGhIjKl',
    'Bearer abc.def',
    'postgres://user:word@host/db',
  ])('is taken out where it looks like one: %s', (key) => {
    const text = scrub(`Incorrect API key provided: ${key} .`);
    expect(text).toMatch(/^Incorrect API key provided: .*\[hidden\]/);
    expect(text).not.toContain(key.slice(4, 10));
  });

  test.each([
    'The disk is full',
    'lane video_generation/3',
    'a risk-free task',
    '2c26b46b68ffc68ff99b453c1d304134',
    'a URL like postgres://user:password@localhost:5432',
  ])('is not found in other words: %p', (text) => expect(scrub(text)).toBe(text));
});
