import { randomUUID } from 'node:crypto';
import { storyreelError } from '../../src/client/client-errors';
import { createDataSource, databaseFaultOf, databaseUnreachable } from '../../src/entities';
import { readConfig } from '../../src/config';
import { examine } from '../../src/cli/services/examine';
import { prepareServices } from '../../src/cli/services/prepare-services';
import { adviceOnPostgres, lackOfSchema } from '../../src/readiness';
import { createOwnDatabase } from '../support/own-database';
import { fromSetup, testEnv } from '../support/services';

describe('A login that Postgres refuses', () => {
  const url = new URL(fromSetup('STORYREEL_TEST_POSTGRES_URL'));
  const changed = (part: 'password' | 'pathname', value: string) => Object.assign(new URL(url), { [part]: value }).href;

  test.each([
    ['a wrong password', changed('password', 'another-password-1'), '28P01', 'the password'],
    ['another database', changed('pathname', '/elsewhere'), '3D000', 'the database'],
  ])('because of %s is no outage, and names what to look at', async (_what, wrong, code, check) => {
    const error = await createDataSource({ url: wrong }).initialize().catch(databaseUnreachable);
    expect(error).toMatchObject({ type: 'Config.Invalid', message: expect.stringContaining(`(${code})`) });
    expect((error as Error).message).toContain(`${check} in DATABASE_URL`);
    expect((error as Error).message).not.toContain('another-password');
  });

  test('is what doctor states, with nothing of the password', async () => {
    const DATABASE_URL = changed('password', 'p%40ss%2Fw%3Ard%23%25');
    const postgres = (await examine(readConfig(testEnv({ DATABASE_URL })))).find(
      ({ service }) => service === 'postgres',
    );
    expect(postgres).toMatchObject({ ok: false, address: `postgres://${url.host}${url.pathname}` });
    expect(postgres?.advice).toContain('refuses the login');
    expect(JSON.stringify(postgres)).not.toMatch(/p@ss|w:rd|%40ss|rd#%|%3Ard/);
  });
});

test('A schema of a newer release is stated by doctor and migrate, with what to do', async () => {
  const database = await createOwnDatabase();
  try {
    await database.dataSource.query(
      `INSERT INTO migrations (timestamp, name) VALUES (1900000000000, 'Later1900000000000')`,
    );
    const config = readConfig(testEnv({ DATABASE_URL: database.url }));
    const found = (await examine(config)).find(({ service }) => service === 'postgres');
    expect(found).toMatchObject({
      ok: true,
      detail: 'the schema is newer than this release, which does not know Later1900000000000',
      advice: expect.stringMatching(/^Install the newer release here\./),
    });
    expect(await prepareServices(config)).toMatchObject({ migrations: [], newer: { detail: found?.detail } });
  } finally {
    await database.drop();
  }
});

test('A user without rights, who may only read, or who has no connection left is told so, and what to do', async () => {
  const database = await createOwnDatabase();
  const role = `weak_${randomUUID().slice(0, 8)}`;
  const url = Object.assign(new URL(database.url), { username: role, password: role }).href;
  await database.dataSource.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  const source = createDataSource({ url, poolSize: 1 });
  try {
    await source.initialize();
    const asked: unknown = await source.query('SELECT name FROM projects').catch((error: unknown) => error);
    expect(storyreelError(asked)).toMatchObject({
      type: 'Config.Invalid',
      message: expect.stringContaining('grant its user'),
    });
    expect(await lackOfSchema(source)).toMatchObject({ what: expect.stringContaining('42501') });
    await database.dataSource.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    expect(await lackOfSchema(source)).toMatchObject({ advice: expect.stringContaining('grant its user') });
    await database.dataSource.query(`GRANT INSERT ON ALL TABLES IN SCHEMA public TO ${role}`);
    expect(await lackOfSchema(source)).toBeUndefined();
    await database.dataSource.query(`ALTER ROLE ${role} CONNECTION LIMIT 1`);
    const refused = await createDataSource({ url }).initialize().catch(databaseUnreachable);
    expect(refused).toMatchObject({ type: 'Service.Unreachable', message: expect.stringContaining('max_connections') });
  } finally {
    await source.destroy();
    await database.dataSource.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await database.drop();
  }
});

test.each([
  ['25006', 'primary server'],
  ['57014', 'pg_stat_activity'],
])('A statement that ended with %s is told with what to do', (code, advice) => {
  const error = Object.assign(new Error('failed'), { name: 'QueryFailedError', driverError: { code } });
  expect(storyreelError(error)).toMatchObject({
    type: 'Service.Unreachable',
    message: expect.stringContaining(advice),
  });
});

test.each([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])('A certificate that is refused with %s leads to sslrootcert', (code) => {
  const error = databaseUnreachable(Object.assign(new Error('refused'), { code }));
  expect(adviceOnPostgres(error)).toContain('sslrootcert in DATABASE_URL');
  expect(adviceOnPostgres(new Error('connect ECONNREFUSED'))).toBe('Start Postgres, or correct DATABASE_URL.');
});

test('A Postgres that is not there is Service.Unreachable', () => {
  const error = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  expect(databaseUnreachable(error)).toMatchObject({ type: 'Service.Unreachable' });
});

// EPIPE has the form of an SQLSTATE.
test.each(['EPIPE', 'ECONNRESET', '57P01', '08006'])('A statement that failed with %s may succeed later', (code) => {
  const error = Object.assign(new Error('failed'), { name: 'QueryFailedError', driverError: { code } });
  expect(databaseFaultOf(error)).toMatchObject({ kind: 'passing', code });
});
