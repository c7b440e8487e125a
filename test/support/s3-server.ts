import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { S3Client, CreateBucketCommand } from '@aws-sdk/client-s3';
import { projectRoot } from '../../dev/stack/project-root';
import { pythonPackage } from '../../dev/stack/python-package';
import { toolsDirOf } from '../../dev/stack/state-dir';
import { freeAddress } from '../../src/worker/free-address';
import { until } from './until';

const REQUIREMENTS = [
  'moto==5.2.5',
  'blinker==1.9.0',
  'boto3==1.44.8',
  'botocore==1.44.8',
  'certifi==2026.10.18',
  'cffi==2.1.1',
  'charset-normalizer==3.5.3',
  'click==8.5.1',
  'cryptography==50.0.2',
  'flask==3.1.3',
  'flask-cors==6.0.5',
  'idna==3.20',
  'itsdangerous==2.2.0',
  'jinja2==3.1.6',
  'jmespath==1.1.0',
  'markupsafe==3.0.4',
  'py-partiql-parser==0.6.3',
  'pycparser==3.12',
  'python-dateutil==2.9.0.post0',
  'pyyaml==6.0.4',
  'requests==2.34.2',
  'responses==0.26.3',
  's3transfer==0.19.3',
  'six==1.17.0',
  'urllib3==2.8.0',
  'werkzeug==3.1.9',
  'xmltodict==1.0.4',
];
const PROGRAM = 'import sys; from moto.server import main; main(["-H", "127.0.0.1", "-p", sys.argv[1]])';

/** Of any account: the server takes every key, and compares no signature. */
export const AWS_ENV = {
  AWS_ACCESS_KEY_ID: 'storyreel-test',
  AWS_SECRET_ACCESS_KEY: 'storyreel-test-secret',
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

export interface S3Server {
  readonly endpoint: string;
  /** Makes a bucket and resolves with the MEDIA_URL that leads into it. */
  newBucket(name: string): Promise<string>;
  /** Answers nobody until it is started again with the same address, and with nothing in it. */
  close(): Promise<void>;
}

/** Moto's S3, which is a server of its own with buckets in memory; or the one that STORYREEL_S3_ENDPOINT names, which stays. */
export async function startS3Server(): Promise<S3Server> {
  const { endpoint, close } = await started(process.env['STORYREEL_S3_ENDPOINT']);
  const client = new S3Client({ endpoint, forcePathStyle: true });
  return {
    endpoint,
    async newBucket(name) {
      await client.send(new CreateBucketCommand({ Bucket: name }));
      return `s3://${name}/media?region=us-east-1&endpoint=${endpoint}`;
    },
    async close() {
      client.destroy();
      await close();
    },
  };
}

async function started(given: string | undefined): Promise<Pick<S3Server, 'endpoint' | 'close'>> {
  if (given) return { endpoint: given, close: () => Promise.resolve() };
  const packages = await pythonPackage(
    { folder: 'moto-5.2.5', requirements: REQUIREMENTS },
    {
      toolsDir: toolsDirOf(join(projectRoot(), '.storyreel'), process.env),
      env: process.env,
      report: ({ message }) => process.stderr.write(`  moto  ${message}\n`),
      service: 'redis',
      otherwise: 'put moto with its server into .storyreel/tools/moto-5.2.5',
    },
  );
  const address = await freeAddress();
  const endpoint = `http://${address}`;
  const server = spawn('python3', ['-c', PROGRAM, address.split(':')[1] ?? ''], {
    env: { PATH: process.env['PATH'], PYTHONPATH: packages },
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  await until('the S3 server answers', async () => {
    if (server.exitCode !== null) throw new Error(`the S3 server has ended (${server.exitCode})`);
    return (await fetch(endpoint).catch(() => undefined))?.ok ?? false;
  });
  return {
    endpoint,
    async close() {
      server.kill('SIGKILL');
      await ended;
    },
  };
}
