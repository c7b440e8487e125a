import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/config';
import { mayBeAsked, mayHoldKey } from '../../src/trust';
import { newFolder } from '../support/new-folder';

describe('A row of model_providers', () => {
  const config = readConfig({});

  test.each(['OPENAI_API_KEY', 'ROW_PROVIDER_KEY', 'HF_TOKEN'])('may name %s as its key', (name) =>
    expect(mayHoldKey(name, config)).toBe(true),
  );

  test.each([
    ...['DATABASE_URL', 'REDIS_URL', 'PGPASSWORD', 'PATH', 'AWS_SECRET_ACCESS_KEY', 'TLS_PRIVATE_KEY', ''],
    ...['/etc/passwd', '/proc/self/environ', '/run/secrets', '/run/secrets/../passwd', '/run/secrets-of-others/key'],
  ])('may not name %p', (from) => expect(mayHoldKey(from, config)).toBe(false));

  test('may name what the operator allows, and nothing else', () => {
    const only = {
      ...config,
      PROVIDER_KEY_VARIABLES: 'GROQ,MY_*,!MY_OWN',
      PROVIDER_HOSTS: 'api.groq.com,*.local:8080',
    };
    const names = ['GROQ', 'MY_KEY', 'MY_OWN', 'GROQ_KEY', 'OPENAI_API_KEY'];
    expect(names.filter((name) => mayHoldKey(name, only))).toEqual(['GROQ', 'MY_KEY']);
    const urls = [
      ...[
        'https://api.groq.com/v1',
        'https://api.groq.com:8443/v1',
        'http://gpu.local:8080/v1',
        'http://gpu.local:9090/v1',
      ],
      ...[
        'https://api.groq.com.evil.org/v1',
        'https://api.groq.com@evil.org/v1',
        'file:///api.groq.com',
        'api.groq.com',
      ],
    ];
    expect(urls.filter((url) => mayBeAsked(url, only))).toEqual(urls.slice(0, 3));
  });

  test('may name a file below the folder, and none that a link leads to elsewhere', async () => {
    const root = newFolder();
    await mkdir(join(root, 'keys', 'text'), { recursive: true });
    await writeFile(join(root, 'elsewhere'), 'x');
    await writeFile(join(root, 'keys', 'text', 'key'), 'x');
    await symlink(join(root, 'elsewhere'), join(root, 'keys', 'out'));
    await symlink(join(root, 'keys', 'text', 'key'), join(root, 'keys', 'in'));
    const within = { ...config, PROVIDER_KEY_FOLDER: join(root, 'keys') };
    const may = (name: string) => mayHoldKey(join(root, 'keys', name), within);
    expect(['text/key', 'in', 'out', '../elsewhere', 'missing'].map(may)).toEqual([true, true, false, false, true]);
  });
});
