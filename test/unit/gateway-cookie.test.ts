import { sessionSecrets } from '../../src/gateway/cookie';

const secret = (letter: string) => letter.repeat(43);
const sent = (cookie: string, more: object = {}) => ({ headers: { cookie, ...more }, protocol: 'http' as const });

test('The session that only this host can have set counts first, and over https it alone', () => {
  const both = `storyreel=${secret('a')}; __Host-storyreel=${secret('b')}`;
  expect(sessionSecrets(sent(both))).toEqual([secret('b'), secret('a')]);
  expect(sessionSecrets(sent(both, { origin: 'https://films.example' }))).toEqual([secret('b')]);
  expect(sessionSecrets({ ...sent(`storyreel=${secret('a')}`), protocol: 'https' })).toEqual([]);
});

test('Of many planted cookies few are looked up, and what has not the form of a secret is not', () => {
  const many = Array.from({ length: 300 }, () => `storyreel=${secret('c')}`).join('; ');
  expect(sessionSecrets(sent(many)).length).toBeLessThanOrEqual(4);
  expect(sessionSecrets(sent('storyreel=x; storyreel; =; ;;; __Host-storyreel=;'))).toEqual([]);
});
