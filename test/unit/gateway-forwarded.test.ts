import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import Fastify from 'fastify';
import { readConfig } from '../../src/config';
import type { App } from '../../src/gateway/app';
import { canonicalAddress, isForwarded, isWithin, networkOf, readForwarded } from '../../src/gateway/forwarded';
import type { ZodProvider } from '../../src/gateway/validation';

interface Seen {
  readonly ip: string;
  readonly protocol: string;
}

/** What the gateway knows of callers, with the setting as operators write it. */
function gatewayWith(setting: string | undefined) {
  const { GATEWAY_TRUSTED_PROXIES: proxies } = readConfig({ GATEWAY_TRUSTED_PROXIES: setting });
  const app: App = Fastify({ trustProxy: proxies.length > 0 && isWithin(proxies) }).withTypeProvider<ZodProvider>();
  if (proxies.length > 0) readForwarded(app);
  app.get('/', async ({ ip, protocol }) => ({ ip, protocol }));
  return async (remoteAddress: string, headers: Record<string, string>): Promise<Seen> =>
    (await app.inject({ url: '/', remoteAddress, headers })).json();
}

const trusting = gatewayWith('10.0.0.0/8,2001:db8:ffff::/48,loopback');
const alone = gatewayWith(undefined);

const proxy = fc.oneof(
  fc.ipV4().map((address) => address.replace(/^\d+/, '10')),
  fc.constantFrom('127.0.0.1', '::1', '::ffff:10.1.2.3', '2001:db8:ffff::7'),
);
const stranger = fc.oneof(
  fc.ipV4().map((address) => address.replace(/^\d+/, '203')),
  fc.ipV6().map((address) => `2001:db8:1:${address.split(':')[0] || '0'}::${address.split(':')[1] || '1'}`),
);
/** Bytes that a header may have. */
const text = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,60}[\x21-\x7e])?$/);
const lie = fc.oneof(
  text,
  stranger,
  proxy,
  fc.constantFrom('unknown', '_hidden', '', ',', ' , ,', '127.0.0.1, garbage'),
);
const asWritten = (address: string) =>
  fc.constantFrom(
    address,
    address.toUpperCase(),
    ...(isIP(address) === 6
      ? [`[${address}]`, `[${address}]:4711`, `${address}%eth0`]
      : [`${address}:4711`, `::ffff:${address}`]),
  );

describe('A gateway that trusts its proxies', () => {
  test('knows the caller by what the first of them has seen, whatever the caller has stated before', async () => {
    const chain = fc.record({
      lies: fc.array(lie, { maxLength: 3 }),
      caller: stranger,
      hops: fc.array(proxy, { maxLength: 4 }),
    });
    const written = chain.chain((each) => asWritten(each.caller).map((form) => ({ ...each, form })));
    await fc.assert(
      fc.asyncProperty(written, proxy, async ({ lies, caller, form, hops }, last) => {
        const list = [...lies, form, ...hops].join(', ');
        expect(await trusting(last, { 'x-forwarded-for': list })).toEqual({
          ip: canonicalAddress(caller),
          protocol: 'http',
        });
      }),
    );
  });

  test('knows any caller by an address, and a list that is no such list by the proxy that sent it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lie, { maxLength: 5 }), proxy, async (lies, last) => {
        const { ip } = await trusting(last, { 'x-forwarded-for': lies.join(',') });
        expect(isIP(ip)).not.toBe(0);
      }),
    );
    for (const garbage of [
      'unknown',
      '203.0.113.5, <script>',
      '203.0.113.5,',
      '999.1.1.1',
      '0x7f000001',
      'x'.repeat(5_000),
    ])
      expect(await trusting('10.0.0.1', { 'x-forwarded-for': garbage })).toMatchObject({ ip: '10.0.0.1' });
    expect(await trusting('10.0.0.1', { 'x-forwarded-for': 'unknown, 10.0.0.2' })).toMatchObject({ ip: '10.0.0.2' });
  });

  test('takes the scheme from them, and from nobody else', async () => {
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.5' };
    expect(await trusting('10.0.0.1', headers)).toEqual({ ip: '203.0.113.5', protocol: 'https' });
    expect(await trusting('198.51.100.7', headers)).toEqual({ ip: '198.51.100.7', protocol: 'http' });
  });

  test('believes no stranger who comes without them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lie, { maxLength: 5 }), stranger, async (lies, caller) => {
        const headers = { 'x-forwarded-for': lies.join(', '), 'x-forwarded-proto': 'https' };
        expect(await trusting(caller, headers)).toEqual({ ip: caller, protocol: 'http' });
      }),
    );
  });
});

test('A gateway without trusted proxies believes nobody', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(lie, { maxLength: 5 }), fc.oneof(stranger, proxy), async (lies, caller) => {
      const headers = { 'x-forwarded-for': lies.join(', '), 'x-forwarded-proto': 'https' };
      expect(await alone(caller, headers)).toEqual({ ip: caller, protocol: 'http' });
    }),
  );
});

test('A request with the mark of any proxy is not one of this machine', () => {
  for (const name of [
    ...['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-ssl', 'forwarded'],
    ...['x-real-ip', 'x-client-ip', 'x-original-for', 'true-client-ip', 'cf-connecting-ip', 'via'],
  ])
    expect([name, isForwarded({ headers: { [name]: '' } })]).toEqual([name, true]);
  expect(isForwarded({ headers: { host: 'localhost', 'user-agent': 'curl' } })).toBe(false);
});

describe('The setting', () => {
  test('is a list of addresses, networks and names', () => {
    const read = (list: string | undefined) => readConfig({ GATEWAY_TRUSTED_PROXIES: list }).GATEWAY_TRUSTED_PROXIES;
    expect(read(undefined)).toEqual([]);
    expect(read('')).toEqual([]);
    expect(read('10.0.0.7')).toEqual(['10.0.0.7']);
    expect(read('loopback, fd00::/8,linklocal,uniquelocal,::1')).toEqual([
      ...['loopback', 'fd00::/8', 'linklocal', 'uniquelocal', '::1'],
    ]);
  });

  test('is one error for anything else, which Fastify would otherwise find, and contains nothing of the text', async () => {
    const wrong = [
      'true',
      '*',
      '1',
      'nginx',
      '10.0.0',
      '10.0.0.0/0',
      '::/0',
      '10.0.0.0/33',
      '::1/129',
      '10.0.0.0/8/8',
      'all',
    ];
    const lists = [
      '10.0.0.1,',
      ',',
      '10.0.0.1 10.0.0.2',
      '10.0.0.0/-1',
      '10.0.0.0/255.0.0.0',
      '[::1]',
      'Loopback',
      '0x7f000001',
    ];
    for (const list of [...wrong, ...lists])
      expect(() => gatewayWith(list)).toThrow(
        /^GATEWAY_TRUSTED_PROXIES must be addresses like .* parted by commas\. See docs/,
      );
    await fc.assert(
      fc.asyncProperty(lie, async (list) => {
        try {
          await gatewayWith(list)('127.0.0.1', {});
        } catch (error) {
          expect(error).toMatchObject({ type: 'Config.Invalid' });
        }
      }),
    );
  });
});

test('Addresses of one network of 64 bits count as one, however they are written, and no others do', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), fc.ipV4(), (one, other, old) => {
      const bits = (address: string) => {
        const list = new BlockList();
        list.addSubnet(address, 64, 'ipv6');
        return list;
      };
      const isMapped = (address: string) => isIP(canonicalAddress(address) ?? '') === 4;
      if (isMapped(one) || isMapped(other)) return;
      expect(networkOf(one) === networkOf(other)).toBe(bits(one).check(other, 'ipv6'));
      expect(networkOf(one)).toMatch(/^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}::\/64$/);
      expect(networkOf(`::ffff:${old}`)).toBe(networkOf(old));
      expect(networkOf(old)).toBe(old);
    }),
  );
  expect(networkOf('no address')).toBe('no address');
});
