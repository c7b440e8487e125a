import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from '../../dev/stack/debian-package';
import { connectOnce } from '../../dev/stack/ports';
import { filesBelow } from '../../dev/stack/files-below';
import { projectRoot } from '../../dev/stack/project-root';
import { toolsDirOf } from '../../dev/stack/state-dir';
import { freeAddress } from '../../src/worker/free-address';
import { SERVER_CERT, SERVER_KEY } from './certificates';
import { until } from './until';

const STATE = join(projectRoot(), '.storyreel');
/** Of Debian's and every other system's account `nobody`. */
const NOBODY = 65_534;

/** A web server in front of a gateway, with the file of ours that operators use, and without any right of root. */
export class FrontProxy {
  private child: ChildProcess | undefined;
  private said = '';

  private constructor(
    private readonly command: readonly [program: string, ...args: string[]],
    private readonly folder: string,
    private readonly env: Readonly<Record<string, string>>,
    readonly port: number,
    /** Where plain HTTP is answered. */
    readonly plainPort: number,
  ) {}

  /** Debian's nginx with settings of its own that others often have, and in them deploy/nginx.conf. */
  static async nginx(gateway: string): Promise<FrontProxy> {
    const { found, folder, port, plainPort } = await FrontProxy.prepare('nginx');
    const shipped = readFileSync(join(projectRoot(), 'deploy', 'nginx.conf'), 'utf8');
    const own = [
      ['server 127.0.0.1:8787;', `server ${gateway};`],
      ['listen 80;', `listen 127.0.0.1:${plainPort};`],
      ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ].reduce((text, [line = '', instead = '']) => {
      if (text.split(line).length !== 2) throw new Error(`deploy/nginx.conf must have "${line}" once`);
      return text.replace(line, instead);
    }, shipped);
    writeFileSync(join(folder, 'storyreel.conf'), own);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      join(folder, 'nginx.conf'),
      [
        'daemon off; master_process off; pid nginx.pid; error_log stderr;',
        'events { worker_connections 256; }',
        'http {',
        '  access_log off;',
        ...temporary.map((name) => `  ${name}_temp_path ${name};`),
        '  gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;',
        '  include storyreel.conf;',
        '}',
      ].join('\n'),
    );
    const program = join(found, 'usr', 'sbin', 'nginx');
    const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
    const env = { LD_LIBRARY_PATH: librariesOf(found) };
    return new FrontProxy([program, ...args], folder, env, port, plainPort);
  }

  /** Debian's Caddy with deploy/Caddyfile. */
  static async caddy(gateway: string, site: string): Promise<FrontProxy> {
    const { found, folder, port, plainPort } = await FrontProxy.prepare('caddy');
    const env = {
      HOME: folder,
      XDG_DATA_HOME: join(folder, 'data'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      CADDY_ADMIN: `unix/${join(folder, 'admin.sock')}`,
      STORYREEL_SITE: site,
      STORYREEL_GATEWAYS: gateway,
      STORYREEL_HTTP_PORT: String(plainPort),
      STORYREEL_HTTPS_PORT: String(port),
      STORYREEL_TLS: `tls ${['fullchain', 'privkey'].map((name) => join(folder, 'storyreel', `${name}.pem`)).join(' ')}`,
    };
    const args = ['run', '--adapter', 'caddyfile', '--config', join(projectRoot(), 'deploy', 'Caddyfile')];
    return new FrontProxy([join(found, 'usr', 'bin', 'caddy'), ...args], folder, env, port, plainPort);
  }

  async start(): Promise<void> {
    const [program, ...args] = this.command;
    const ids = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const child = spawn(program, args, { cwd: this.folder, env: this.env, stdio: ['ignore', 'pipe', 'pipe'], ...ids });
    this.said = '';
    for (const output of [child.stdout, child.stderr])
      output.on('data', (data: Buffer) => (this.said = (this.said + data.toString('utf8')).slice(-5_000)));
    this.child = child;
    await until(`${program} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`${program} has ended (${child.exitCode}): ${this.said}`);
      return connectOnce('127.0.0.1', this.port, 1_000).then(
        () => true,
        () => false,
      );
    });
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private static async prepare(name: 'nginx' | 'caddy') {
    const signal = new AbortController().signal;
    const found = await debianPackage({ toolsDir: toolsDirOf(STATE, process.env), env: process.env, signal }, name);
    const folder = join(STATE, `test-${name}-${randomUUID().slice(0, 8)}`);
    const certificates = join(folder, 'storyreel');
    mkdirSync(certificates, { recursive: true });
    writeFileSync(join(certificates, 'fullchain.pem'), SERVER_CERT);
    writeFileSync(join(certificates, 'privkey.pem'), SERVER_KEY);
    if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
    const [port = 0, plainPort = 0] = (await Promise.all([freeAddress(), freeAddress()])).map((address) =>
      Number(address.split(':')[1]),
    );
    return { found, folder, port, plainPort };
  }
}

function librariesOf(folder: string): string {
  return [...new Set(filesBelow(folder, /\.so[.\d]*$/).map((file) => join(file, '..')))].join(':');
}
