import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createDataSource } from '../../src/entities';
import { startPgBouncer, type PgBouncer } from '../support/pgbouncer';
import { fromSetup } from '../support/services';

let folder: string;
let ca: string;
let own: string;
let asks: PgBouncer;
let demands: PgBouncer;

/** An authority, a certificate of it for `db.example` only, and one of it for a client. */
function makeCertificates(): void {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const subject = (name: string) => ['-subj', `/CN=${name}`];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', ...subject('authority'));
  run('req', '-x509', ...newKey, '-keyout', 'other.key', '-out', 'other.pem', '-days', '2', ...subject('another'));
  for (const name of ['db.example', 'storyreel']) {
    run('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, ...subject(name));
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    run('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`);
    chmodSync(join(folder, `${name}.key`), 0o644);
  }
}

beforeAll(async () => {
  const parent = join(fromSetup('STORYREEL_TEST_FOLDER'), 'tls');
  mkdirSync(parent, { recursive: true });
  folder = mkdtempSync(join(parent, 'certificates-'));
  chmodSync(folder, 0o755);
  makeCertificates();
  ca = `sslrootcert=${join(folder, 'ca.pem')}`;
  own = `sslcert=${join(folder, 'storyreel.pem')}&sslkey=${join(folder, 'storyreel.key')}`;
  const postgres = fromSetup('STORYREEL_TEST_POSTGRES_URL');
  const served = {
    client_tls_key_file: join(folder, 'db.example.key'),
    client_tls_cert_file: join(folder, 'db.example.pem'),
    client_tls_ca_file: join(folder, 'ca.pem'),
  };
  asks = await startPgBouncer(postgres, 'transaction', { client_tls_sslmode: 'require', ...served }, ca);
  demands = await startPgBouncer(
    postgres,
    'transaction',
    { client_tls_sslmode: 'verify-full', ...served },
    `${ca}&${own}`,
  );
});
afterAll(async () => {
  await asks.close();
  await demands.close();
  rmSync(folder, { recursive: true, force: true });
});

async function reach({ url }: PgBouncer, query: string): Promise<unknown> {
  const source = createDataSource({ url: `${url}?${query}`, poolSize: 1 });
  try {
    await source.initialize();
    return await source.query('SELECT 1 AS one');
  } catch (error) {
    return (error as Error).message;
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}
const IN = [{ one: 1 }];

test.each([
  ['', IN],
  ['sslmode=prefer', IN],
  ['sslmode=require', IN],
  ['sslmode=disable', expect.stringMatching(/SSL required|TLS required/i)],
])('a server that insists on TLS, by "%s"', async (query, expected) => {
  expect(await reach(asks, query)).toEqual(expected);
});

test('an authority that is known lets in, another one does not', async () => {
  const other = `sslrootcert=${join(folder, 'other.pem')}`;
  for (const mode of ['require', 'verify-ca']) {
    expect(await reach(asks, `sslmode=${mode}&${ca}`)).toEqual(IN);
    expect(await reach(asks, `sslmode=${mode}&${other}`)).toMatch(/certificate|issuer/);
  }
});

test('the name is looked at by verify-full alone', async () => {
  expect(await reach(asks, `sslmode=verify-full&${ca}`)).toMatch(/altnames|Hostname/);
});

test('a client certificate is shown where the server demands one', async () => {
  expect(await reach(demands, `sslmode=verify-ca&${ca}&${own}`)).toEqual(IN);
  expect(await reach(demands, `sslmode=verify-ca&${ca}`)).not.toEqual(IN);
});

test('a server without TLS is reached by prefer and allow, and refused by require', async () => {
  const plain = { url: fromSetup('STORYREEL_TEST_POSTGRES_URL'), close: () => Promise.resolve() };
  expect(await reach(plain, 'sslmode=prefer')).toEqual(IN);
  expect(await reach(plain, 'sslmode=allow')).toEqual(IN);
  expect(await reach(plain, 'sslmode=require')).toContain('sslmode');
});

test('a statement that takes too long is cancelled over TLS as well', async () => {
  const source = await createDataSource({
    url: `${asks.url}?sslmode=verify-ca&${ca}`,
    poolSize: 1,
    statementTimeoutMs: 2_000,
  }).initialize();
  await expect(source.query('SELECT pg_sleep(60)')).rejects.toThrow('statement timeout');
  await source.destroy();
});
