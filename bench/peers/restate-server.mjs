/** The Restate server, with its data in the folder of the argument. Prints `{"ingress", "admin"}` and ends with its input. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';

const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
// The package of the platform has the program itself; the starter around it would outlive us when we are killed.
const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`;
const program = createRequire(import.meta.url).resolve(`${platform}/bin/restate-server`);
const child = spawn(program, ['--base-dir', process.argv[2], '--no-logo'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_BIND_PORT: String(node),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'error,octocrab=off',
    RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '512MiB',
  },
});
child.once('exit', (code) => process.exit(code ?? 1));
process.once('exit', () => child.kill('SIGKILL'));
process.stdin.resume().on('end', () => process.exit(0));

const urls = { ingress: `http://127.0.0.1:${ingress}`, admin: `http://127.0.0.1:${admin}` };
const answers = async (url) => (await fetch(url).catch(() => undefined))?.ok === true;
while (!(await answers(`${urls.ingress}/restate/health`)) || !(await answers(`${urls.admin}/health`))) await sleep(100);
process.stdout.write(`${JSON.stringify(urls)}\n`);
