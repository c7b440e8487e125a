import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownSettings, writeEnvFile } from '../../dev/start/settings';

test('A shell that takes over the settings of npm start has what the user has set, too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'storyreel-env-'));
  try {
    const env = {
      FRAME_SIZE: '64x36',
      STORYREEL_TEXT_MODEL: "it's mine",
      METRICS_ADDRESS: 'localhost:9464',
      HOME: '/',
    };
    const file = writeEnvFile(folder, { ...ownSettings(env), MEDIA_DIR: '/media' });
    const shown = execFileSync(
      'sh',
      ['-c', `. "$0"; echo "$FRAME_SIZE|$STORYREEL_TEXT_MODEL|$MEDIA_DIR|$METRICS_ADDRESS"`, file],
      {
        env: {},
        encoding: 'utf8',
      },
    );
    expect(shown).toBe("64x36|it's mine|/media|\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
