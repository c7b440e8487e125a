import { createDataSource, databaseFaultOf, databaseUnreachable } from '../../src/entities';
import { readConfig } from '../../src/config';
import { examine } from '../../src/cli/services/examine';
import { adviceOnPostgres } from '../../src/readiness';
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
