import { join, resolve } from 'node:path';
import { pythonPackage } from '../../dev/stack/python-package';

const TOOLS = resolve(__dirname, '..', '..', '.storyreel', 'tools');

const SCHEMATHESIS = {
  folder: 'schemathesis-4.32.5',
  requirements: [
    ...['schemathesis==4.32.5', 'anyio==4.16.0', 'certifi==2026.10.18', 'charset-normalizer==3.5.3', 'click==8.5.1'],
    ...['graphql-core==3.3.2', 'harfile==0.6.0', 'hypothesis==6.170.17', 'hypothesis-graphql==0.13.5', 'idna==3.20'],
    ...['iniconfig==2.3.1', 'jsonschema-rs==0.60.3', 'markdown-it-py==4.3.0', 'markupsafe==3.0.4', 'mdurl==0.1.2'],
    ...['packaging==26.4', 'pluggy==1.7.0', 'pygments==2.21.0', 'pyrate-limiter==4.5.1', 'pytest==9.2.0'],
    ...['pyyaml==6.0.4', 'requests==2.34.2', 'rich==15.0.0', 'sortedcontainers==2.4.0', 'typing-extensions==4.16.0'],
    ...['urllib3==2.8.0', 'werkzeug==3.1.9'],
  ],
};

const HTTPX_SSE = {
  folder: 'httpx-sse-0.4.3',
  requirements: [
    ...['httpx-sse==0.4.3', 'httpx==0.28.1', 'httpcore==1.0.9', 'h11==0.16.0', 'anyio==4.16.0', 'sniffio==1.3.1'],
    ...['idna==3.20', 'certifi==2026.10.18', 'typing-extensions==4.16.0'],
  ],
};

/** The folder for PYTHONPATH; fetched unless it is there. */
function fetched(name: string, wanted: { readonly folder: string; readonly requirements: readonly string[] }) {
  return pythonPackage(wanted, {
    toolsDir: process.env['STORYREEL_TOOLS_DIR'] || TOOLS,
    env: process.env,
    report: ({ message }) => process.stderr.write(`  ${name}  ${message}\n`),
    service: 'redis',
    otherwise: `put the package ${name} for Python into ${join('.storyreel', 'tools', wanted.folder)}`,
  });
}

export const fetchSchemathesis = (): Promise<string> => fetched('schemathesis', SCHEMATHESIS);
export const fetchHttpxSse = (): Promise<string> => fetched('httpx-sse', HTTPX_SSE);
