import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../architecture/project-files';

test.each(['chaos', 'ten-times'])(
  'test:%s names an option that it does not know in one line, and its own',
  (script) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(projectRoot, 'test', 'support', `${script}.mjs`), '--speed', '3'],
      { encoding: 'utf8' },
    );
    const [said, usage] = stderr.split('\n');
    expect(said).toMatch(new RegExp(`^test:${script}: Unknown option '--speed'`));
    expect(usage).toContain(`npm run test:${script} -- [`);
    expect(stderr).not.toContain('    at ');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  },
);
