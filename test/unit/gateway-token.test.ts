import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { signingKeysIn, signToken, verifyToken } from '../../src/gateway/token';
import type { ProjectId } from '../../src/protocol';

const [old, fresh] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64')) as [string, string];
const keys = signingKeysIn(`2026-11:${fresh},2026-10:${old}`);
const now = 1_764_000_000_000;
const facts = {
  id: 'abc',
  projectId: '0b6b0f3e-6f0e-4c9e-9a52-0d1f4a5c7e11' as ProjectId,
  epoch: 3,
  expiresAt: new Date(now + 900_000),
};
const HEAD = { alg: 'HS256', typ: 'sr-view+jwt', kid: '2026-11' };
const BODY = {
  iss: 'storyreel',
  aud: 'view',
  prj: facts.projectId,
  epoch: 3,
  jti: 'abc',
  iat: now / 1000,
  exp: now / 1000 + 900,
};
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signed with a right key, whatever it says. */
function forged(head: object, body: object, key = Buffer.from(fresh, 'base64'), hash = 'sha256'): string {
  const signed = `${part(head)}.${part(body)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

test('a token states what was signed, and an older key still verifies', () => {
  expect(verifyToken(keys, signToken(keys, facts, now), now)).toEqual(facts);
  const ofMedium = { ...facts, sha256: 'a'.repeat(64) };
  expect(verifyToken(keys, signToken(keys, ofMedium, now), now)).toEqual(ofMedium);
  expect(forged(HEAD, BODY)).not.toBe('');
  expect(verifyToken(keys, forged(HEAD, BODY), now)).toEqual(facts);
  expect(verifyToken(keys, signToken(signingKeysIn(`2026-10:${old}`), facts, now), now)).toEqual(facts);
  expect(verifyToken(signingKeysIn(`2026-12:${old}`), signToken(keys, facts, now), now)).toBeUndefined();
});

test.each([
  ['no algorithm', forged({ ...HEAD, alg: 'none' }, BODY)],
  ['no algorithm and no signature', `${part({ ...HEAD, alg: 'none' })}.${part(BODY)}.`],
  ['another algorithm', forged({ ...HEAD, alg: 'HS512' }, BODY, undefined, 'sha512')],
  ['a public-key algorithm', forged({ ...HEAD, alg: 'RS256' }, BODY)],
  ['another type', forged({ ...HEAD, typ: 'JWT' }, BODY)],
  ['an unknown key', forged({ ...HEAD, kid: 'mine' }, BODY)],
  ['the name of another key', forged({ ...HEAD, kid: '2026-10' }, BODY)],
  ['a key of its own', forged({ ...HEAD, jwk: {} }, BODY)],
  ['another issuer', forged(HEAD, { ...BODY, iss: 'x' })],
  ['another audience', forged(HEAD, { ...BODY, aud: 'x' })],
  ['no end', forged(HEAD, { ...BODY, exp: undefined })],
  ['an end that is past', forged(HEAD, { ...BODY, exp: now / 1000 })],
  ['a beginning to come', forged(HEAD, { ...BODY, iat: now / 1000 + 31 })],
  ['no name', forged(HEAD, { ...BODY, jti: undefined })],
  ['no epoch', forged(HEAD, { ...BODY, epoch: undefined })],
  ['no project', forged(HEAD, { ...BODY, prj: '*' })],
  ['10 KB', forged(HEAD, { ...BODY, jti: 'x'.repeat(10_000) })],
  ['a fourth part', `${forged(HEAD, BODY)}.x`],
  ['padding', `${forged(HEAD, BODY)}=`],
  ['nothing', ''],
])('a token with %s counts for nothing', (_, token) => {
  expect(verifyToken(keys, token, now)).toBeUndefined();
});

test('no token that differs in any character counts, and none throws', () => {
  const token = signToken(keys, facts, now);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ minLength: 0, maxLength: 2 }), (at, other) => {
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      fc.pre(changed !== token);
      expect(verifyToken(keys, changed, now)).toBeUndefined();
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => verifyToken(keys, text, now) === undefined));
});
