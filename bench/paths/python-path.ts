import { join } from 'node:path';
import { pythonPackage } from '../../dev/stack/python-package';
import { commandPath, type Path } from './path';

const root = join(__dirname, '..', '..', '..');

/** All that the two need, since nothing is resolved at installation. */
const PACKAGE = {
  folder: 'bench-python-openai-2.54.0-redis-6.4.0',
  requirements: [
    'openai==2.54.0',
    'redis==6.4.0',
    'annotated-types==0.8.0',
    'anyio==4.16.0',
    'async-timeout==5.0.1',
    'certifi==2026.10.18',
    'distro==1.9.0',
    'h11==0.16.0',
    'httpcore==1.0.9',
    'httpx==0.28.1',
    'idna==3.20',
    'jiter==0.19.0',
    'pydantic==2.14.3',
    'pydantic-core==2.50.4',
    'sniffio==1.3.1',
    'tqdm==4.70.1',
    'typing-extensions==4.16.0',
    'typing-inspection==0.4.5',
  ],
};

export const pythonThreads: Path = commandPath({
  name: 'Python threads',
  what: 'a thread per text: openai SDK iteration → PUBLISH of the accumulated text per token, as the Celery product did',
  reader: join(__dirname, 'python-threads.js'),
  command: async () => ['python3', join(root, 'bench', 'paths', 'python-threads.py')],
  env: async () => ({
    PYTHONPATH: await pythonPackage(PACKAGE, {
      toolsDir: process.env['STORYREEL_TOOLS_DIR'] || join(root, '.storyreel', 'tools'),
      env: process.env,
      report: ({ message }) => process.stderr.write(`  python ${message}\n`),
      service: 'stack',
      otherwise: 'leave this path out',
    }),
  }),
});
