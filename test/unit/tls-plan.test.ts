import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tlsPlan } from '../../src/entities/postgres/tls-plan';
import { fromSetup } from '../support/services';

const ADDRESS = 'postgres://user:p%40ss@db.example:5432/storyreel';
const FILE = join(fromSetup('STORYREEL_TEST_FOLDER'), 'tls-plan.pem');

/** What a plan checks of the server. */
function checks(query: string): 'nothing' | 'chain' | 'chain and name' {
  const { rejectUnauthorized, checkServerIdentity } = tlsPlan(`${ADDRESS}?${query}`).options;
  if (rejectUnauthorized === false) return 'nothing';
  return checkServerIdentity ? 'chain' : 'chain and name';
}

beforeAll(() => writeFileSync(FILE, 'a certificate'));

test.each([
  ['', ['either', 'plain'], 'nothing'],
  ['sslmode=disable', ['plain'], 'nothing'],
  ['sslmode=allow', ['plain', 'tls'], 'nothing'],
  ['sslmode=prefer', ['either', 'plain'], 'nothing'],
  ['sslmode=require', ['tls'], 'nothing'],
  [`sslmode=require&sslrootcert=${FILE}`, ['tls'], 'chain'],
  ['sslmode=verify-ca', ['tls'], 'chain'],
  ['sslmode=verify-full', ['tls'], 'chain and name'],
  ['sslrootcert=system', ['tls'], 'chain and name'],
  ['ssl=true', ['tls'], 'chain and name'],
  ['ssl=0', ['plain'], 'nothing'],
])('"%s" connects and checks as libpq does', (query, transports, checked) => {
  expect(tlsPlan(`${ADDRESS}?${query}`).transports).toEqual(transports);
  expect(checks(query)).toBe(checked);
});

test('certificate and key are read, and each needs the other', () => {
  const { options, url } = tlsPlan(`${ADDRESS}?sslmode=require&sslcert=${FILE}&sslkey=${FILE}&sslpassword=x`);
  expect(options).toMatchObject({
    cert: Buffer.from('a certificate'),
    key: Buffer.from('a certificate'),
    passphrase: 'x',
  });
  expect(url).toBe(ADDRESS);
  expect(() => tlsPlan(`${ADDRESS}?sslcert=${FILE}`)).toThrow('sslcert and sslkey together');
});

test.each([
  ['sslmode=required', 'unknown sslmode'],
  ['sslrootcert=/nowhere/ca.pem', '/nowhere/ca.pem'],
  ['sslmode=require&sslrootcert=system', 'verify-full'],
  ['sslnegotiation=direct', 'sslmode=require'],
])('"%s" is refused by the name of the setting, and nothing of the password is shown', (query, words) => {
  const refusal = expect(() => tlsPlan(`${ADDRESS}?${query}`));
  refusal.toThrow(words);
  refusal.toThrow('DATABASE_URL');
  refusal.not.toThrow('p%40ss');
});

test('whatever else the URL states is left as it is', () => {
  const name = fc.stringMatching(/^[a-z_]{1,12}$/).filter((key) => !/^(ssl|uselibpq)/.test(key));
  const parameters = fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'grapheme' })), { selector: ([key]) => key });
  const ours = fc.subarray(['sslmode=require', 'sslnegotiation=postgres', 'uselibpqcompat=true']);
  fc.assert(
    fc.property(parameters, ours, (others, own) => {
      const query = [new URLSearchParams(others).toString(), ...own].filter(Boolean).join('&');
      const { url } = tlsPlan(query ? `${ADDRESS}?${query}` : ADDRESS);
      expect([...new URL(url).searchParams]).toEqual(others);
      expect(url.startsWith(ADDRESS)).toBe(true);
    }),
  );
});
