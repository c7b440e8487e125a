import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPackage } from '../../dev/stack/debian-package';
import { findProgram, prints } from '../../dev/stack/find-program';
import { PortBook } from '../../dev/stack/ports';
import { ProcessTable } from '../../dev/stack/process-table';
import { projectRoot } from '../../dev/stack/project-root';
import { runService } from '../../dev/stack/run-service';
import type { StackContext } from '../../dev/stack/stack-types';
import { prepareStateDir, toolsDirOf } from '../../dev/stack/state-dir';

const STATE = join(projectRoot(), '.storyreel');
const BOUND_MS = 60_000;
const run = promisify(execFile);

/** One series that Prometheus answers with: what a query found now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Debian's Prometheus. It scrapes these addresses every 3 s, which is longer than a worker waits for a service, and evaluates these rules. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(targets: readonly string[], rules: string): Promise<Prometheus> {
    const stateDir = newStateDir();
    const context = contextOf(stateDir);
    const program = await programNamed(context, 'prometheus');
    writeFileSync(join(stateDir, 'rules.yml'), rules);
    writeFileSync(
      join(stateDir, 'prometheus.yml'),
      JSON.stringify({
        global: { scrape_interval: '3s', scrape_timeout: '3s', evaluation_interval: '1s' },
        rule_files: [join(stateDir, 'rules.yml')],
        scrape_configs: [{ job_name: 'storyreel', static_configs: [{ targets }] }],
      }),
    );
    let url = '';
    await runService(
      context,
      async () => {
        const address = `127.0.0.1:${await context.ports.take('prometheus')}`;
        url = `http://${address}`;
        const config = `--config.file=${join(stateDir, 'prometheus.yml')}`;
        const storage = `--storage.tsdb.path=${join(stateDir, 'data')}`;
        const args = [config, storage, `--web.listen-address=${address}`];
        return { name: 'temporal', program, args, stopSignal: 'SIGTERM' };
      },
      () =>
        fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      BOUND_MS,
    );
    return new Prometheus(url, async () => {
      await context.processes.stopAll();
      rmSync(stateDir, { recursive: true, force: true });
    });
  }

  /** Throws where Prometheus does not understand it. */
  async query(expression: string): Promise<readonly Sample[]> {
    return (await this.ask<{ result: readonly Sample[] }>('query', { query: expression })).result;
  }

  /** The alerts that fire. */
  async firing(): Promise<readonly string[]> {
    const { alerts } = await this.ask<{ alerts: { state: string; labels: { alertname: string } }[] }>('alerts', {});
    return [...new Set(alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname))].sort();
  }

  private async ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }
}

/** Runs `promtool`; gives what it prints, and whether it was content. `input` goes to its standard input. */
export async function promtool(
  args: readonly string[],
  input?: string,
): Promise<{ readonly isContent: boolean; readonly said: string }> {
  const stateDir = newStateDir();
  try {
    const program = await programNamed(contextOf(stateDir), 'promtool');
    const running = run(program, args, { maxBuffer: 64 * 1024 * 1024 });
    running.child.stdin?.end(input ?? '');
    return await running.then(
      ({ stdout, stderr }) => ({ isContent: true, said: stdout + stderr }),
      ({ stdout, stderr, message }: Error & { stdout?: string; stderr?: string }) => ({
        isContent: false,
        said: `${stdout ?? ''}${stderr ?? ''}` || message,
      }),
    );
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function newStateDir(): string {
  const stateDir = join(STATE, `test-prometheus-${randomUUID().slice(0, 8)}`);
  prepareStateDir(stateDir);
  mkdirSync(join(stateDir, 'data'));
  return stateDir;
}

function contextOf(stateDir: string): StackContext {
  return {
    stateDir,
    toolsDir: toolsDirOf(STATE, process.env),
    env: process.env,
    persistent: false,
    ports: new PortBook(stateDir, false),
    processes: ProcessTable.open(stateDir),
    signal: new AbortController().signal,
    report: () => undefined,
  };
}

/** On PATH or in `STORYREEL_<NAME>_BIN`, else from Debian's package `prometheus`. */
async function programNamed(context: StackContext, name: 'prometheus' | 'promtool'): Promise<string> {
  const search = { variable: `STORYREEL_${name.toUpperCase()}_BIN`, names: [name] };
  const check = prints(['--version'], [`${name}, version`], context.env);
  const found = await findProgram(context, { ...search, check });
  return found ?? join(await debianPackage(context, 'prometheus'), 'usr', 'bin', name);
}
