import { isIP } from 'node:net';
import { z } from 'zod';
import { BadAddress, hostPort, leadsToOneHost, NAMED_NETWORKS, readAddress } from './address';

/** Takes what `read` takes. For other texts, the message states what is expected, and nothing of the text. */
export const readBy = (read: (text: string) => boolean, expected: string) =>
  z.string().superRefine((text, context) => {
    let wanting = '';
    try {
      if (read(text)) return;
    } catch (error) {
      if (error instanceof BadAddress) wanting = `, ${error.message}`;
    }
    context.addIssue({ code: 'custom', message: `must be ${expected}${wanting}` });
  });
export const address = readBy(
  (text) => hostPort(text).port !== undefined,
  'host:port, for example localhost:7233 or [::1]:7233',
);
export const url = (schemes: readonly string[], example: string, mayLackHost = false) =>
  readBy((text) => leadsToOneHost(text, schemes, mayLackHost), `a URL like ${example}`);
export const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(message).int(message).min(min, message).max(max, message);
};
export const onOff = z.enum(['on', 'off'], 'must be on or off').transform((value) => value === 'on');
export const words = z.string().regex(/^[^\s,]+(,[^\s,]+)*$/, 'must be words parted by commas, without spaces');
/** An entry of another form would never be the host of a request. */
export const hostNames = z
  .string()
  .regex(
    /^[^\s,/*@]+(,[^\s,/*@]+)*$/,
    'must be host names like story.example, parted by commas, without scheme, path and spaces',
  );
const NETWORK_NAMES = Object.keys(NAMED_NETWORKS);
/** Addresses of proxies, as a list. All addresses of the world are no network of proxies. */
export const networks = readBy(
  (text) => partsOf(text).every((part) => NETWORK_NAMES.includes(part) || isNetwork(part)),
  `addresses like 10.0.0.7, networks like 10.0.0.0/8, or some of ${NETWORK_NAMES.join(', ')}, parted by commas`,
).transform(partsOf);
export const TEXT_CHECKS = ['refusal', 'length', 'repetition', 'script', 'markdown', 'scenes'] as const;
export const textChecks = z
  .string()
  .regex(
    new RegExp(`^(?:off|(?:${TEXT_CHECKS.join('|')})(?:,(?:${TEXT_CHECKS.join('|')}))*)$`),
    `must be off, or some of ${TEXT_CHECKS.join(',')}`,
  )
  .transform((list): ReadonlySet<string> => new Set(list === 'off' ? [] : list.split(',')));
export const httpUrl = url(['http', 'https'], 'http://localhost:8080/v1');
export const redisUrl = readBy((text) => {
  if (!leadsToOneHost(text, ['redis', 'rediss'])) return false;
  const { path, query } = readAddress(text);
  if (!/^\/?\d*$/.test(path)) throw new BadAddress('with the number of a database as its path, or with none');
  if (query.size > 0) throw new BadAddress('without parameters behind a question mark');
  return true;
}, 'a URL like redis://localhost:6379/0');
const SENTINELS = ['redis+sentinel', 'rediss+sentinel'];
export const sentinelUrl = readBy((text) => {
  const { scheme, hosts, path } = readAddress(text);
  return SENTINELS.includes(scheme) && hosts.length > 0 && /^\/[^/]+(\/\d+)?$/.test(path);
}, 'a URL like redis+sentinel://a:26379,b:26379/mymaster');
export const isOfSentinels = (text: string) => SENTINELS.some((scheme) => text.startsWith(`${scheme}:`));
/** The URL of a proxy in the form that other programs accept, also without its scheme. */
export const proxyUrl = z.preprocess(
  (text) => (typeof text === 'string' && !text.includes('://') ? `http://${text}` : text),
  url(['http', 'https'], 'http://proxy:3128'),
);
export const yesNo = z
  .enum(['true', 'false', '1', '0', 'on', 'off'], 'must be true or false')
  .transform((value) => ['true', '1', 'on'].includes(value));

function partsOf(list: string): readonly string[] {
  return list.split(',').map((part) => part.trim());
}

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return false;
  return bits === undefined || (Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128));
}

const price = z.number('must be a price of 0 or more').min(0, 'must be a price of 0 or more').optional();
const PRICES = '{"inputPerMillion":0.15,"outputPerMillion":0.6,"perImage":0.04,"perSecond":0.1,"perVideo":0}';
export const prices = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: `must be JSON like ${PRICES}` });
      return z.NEVER;
    }
  })
  .pipe(
    z.strictObject(
      { inputPerMillion: price, outputPerMillion: price, perImage: price, perSecond: price, perVideo: price },
      `must be prices of 0 or more, like ${PRICES}`,
    ),
  );
