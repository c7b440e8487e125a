import fc from 'fast-check';
import { readConfig } from '../../src/config';
import type { Caller } from '../../src/gateway/app';
import { Limits } from '../../src/gateway/limits';
import { SignInLimit } from '../../src/gateway/sign-in-limit';

const facts = { scopes: [], stories: {} as Caller['stories'] };
const ann = { ip: '10.0.0.1', caller: { ...facts, kind: 'key', id: 'a', owner: 'ann' } as Caller };
const bob = { ip: '10.0.0.1', caller: { ...facts, kind: 'key', id: 'b', owner: 'bob' } as Caller };
const operator = { ip: '10.0.0.1', caller: { ...facts, kind: 'key', id: 'c', owner: undefined } as Caller };
const limitsWith = (settings: Record<string, string>, now?: () => number) => new Limits(readConfig(settings), now);
const tooMany = /Try again later/;

describe('The limits of a gateway', () => {
  test('let nobody have more requests than the rate and one burst, whenever they come, and touch nobody else', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }), (pauses) => {
        let now = 0;
        const limits = limitsWith({ GATEWAY_REQUESTS_PER_SECOND: '2' }, () => now);
        let taken = 0;
        for (const pause of pauses) {
          now += pause;
          try {
            limits.count(ann);
            taken += 1;
          } catch (error) {
            expect(error).toMatchObject({ type: 'Request.TooMany', facts: { retry_after: 1 } });
          }
        }
        expect(taken).toBeLessThanOrEqual(20 + (now / 1_000) * 2);
        limits.count(bob);
      }),
    );
  });

  test('state what is left, and in how many seconds all of it is there again: whoever obeys is never refused', () => {
    const read = (value = '') =>
      Object.fromEntries([...value.matchAll(/(\w)=(\d+)/g)].map(([, k, v]) => [k, Number(v)]));
    fc.assert(
      fc.property(fc.array(fc.nat(5_000), { maxLength: 100 }), fc.integer({ min: 1, max: 5 }), (pauses, rate) => {
        let now = 0;
        const limits = limitsWith({ GATEWAY_REQUESTS_PER_SECOND: String(rate) }, () => now);
        for (const pause of pauses) {
          now += pause;
          limits.count(ann);
          const fields = limits.fieldsFor(ann);
          expect(fields['ratelimit-policy']).toBe(`"requests";q=${rate * 10};w=10`);
          const { r = NaN, t = NaN } = read(fields['ratelimit']);
          expect([r >= 0, r < rate * 10, t >= 1, t <= 10]).toEqual([true, true, true, true]);
          if (r === 0) now += t * 1_000;
        }
      }),
    );
    const limits = limitsWith({});
    expect(limits.fieldsFor(ann)).toEqual({});
    limits.count(operator);
    expect(limits.fieldsFor(operator)).toEqual({});
    const refusing = limitsWith({ GATEWAY_REQUESTS_PER_SECOND: '1' }, () => 0);
    for (let i = 0; i < 10; i++) refusing.count(bob);
    expect(() => refusing.count(bob)).toThrow(tooMany);
    expect(refusing.fieldsFor(bob)).toMatchObject({ ratelimit: '"requests";r=0;t=10' });
  });

  test('count what is open, by owner, and let it go once', () => {
    const limits = limitsWith({ GATEWAY_STREAMS: '2' });
    const [first] = [limits.hold('stream', ann), limits.hold('stream', ann)];
    expect(() => limits.hold('stream', ann)).toThrow(tooMany);
    limits.hold('wait', ann);
    limits.hold('stream', bob);
    for (let i = 0; i < 5; i++) limits.hold('stream', operator);
    first();
    first();
    limits.hold('stream', ann);
    expect(() => limits.hold('stream', ann)).toThrow(tooMany);
  });

  test('count a network of IPv6 as one, because its user has every address of it, and an address of IPv4 as itself', () => {
    const limits = limitsWith({ GATEWAY_STREAMS: '1' });
    const at = (ip: string) => ({ ip, caller: undefined });
    const holds = (ip: string) => {
      try {
        limits.hold('stream', at(ip));
        return true;
      } catch {
        return false;
      }
    };
    expect(holds('2001:db8:1:2::1')).toBe(true);
    for (const same of ['2001:db8:1:2:ffff::9', '2001:0DB8:0001:0002:0:0:0:1', '2001:db8:1:2:1:2:3:4%eth0'])
      expect([same, holds(same)]).toEqual([same, false]);
    for (const other of ['2001:db8:1:3::1', '2001:db8:1::2', '::1', '10.0.0.7', '10.0.0.8', '::ffff:10.0.0.9'])
      expect([other, holds(other)]).toEqual([other, true]);
    expect(holds('::ffff:10.0.0.7')).toBe(false);
    const failures = new SignInLimit();
    for (let i = 0; i < 10; i++) failures.count(`2001:db8::${i}`);
    expect(() => failures.count('2001:db8::abcd')).toThrow(tooMany);
    failures.count('2001:db8:0:1::abcd');
  });

  test('are none at 0', () => {
    const limits = limitsWith({ GATEWAY_STREAMS: '0', GATEWAY_REQUESTS_PER_SECOND: '0' });
    for (let i = 0; i < 5_000; i++) limits.count(ann);
    for (let i = 0; i < 100; i++) limits.hold('stream', ann);
  });
});
