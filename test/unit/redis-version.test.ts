import { versionTooOld } from '../../src/stream';

test.each([
  ['redis_version:6.2.14', '6.2.14'],
  ['redis_version:5.0.7', '5.0.7'],
  // KeyDB
  ['redis_version:6.3.4', '6.3.4'],
  ['redis_version:7.4.1', undefined],
  ['redis_version:10.0.0', undefined],
  ['redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2', undefined],
  ['redis_version:7.4.0\r\ndragonfly_version:df-v1.27', undefined],
  ['', undefined],
])('A server that states %j is too old as %s', (about, expected) => {
  expect(versionTooOld(`# Server\r\n${about}\r\nos:Linux\r\n`)).toBe(expected);
});
