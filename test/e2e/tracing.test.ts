import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { OtlpReceiver } from '../support/otlp-receiver';
import { testEnv } from '../support/services';
import { ownTopic } from '../support/stories';
import { WorkerProcess } from '../support/worker-process';

const cli = resolve(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  promisify(execFile)(process.execPath, [cli, ...args], { env: { PATH: process.env['PATH'], ...env } });

test('A story that the command starts and a worker makes is one trace over both processes', async () => {
  const receiver = await OtlpReceiver.start();
  const env = testEnv({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  const worker = await WorkerProcess.start(env);
  try {
    await run(['generate', ownTopic().topic, '--scenes', '1', '--detach'], env);
    const started = await receiver.span('StartWorkflow:story');
    expect(started.service).toBe('storyreel-cli');
    const made = await receiver.span('RunWorkflow:story');
    expect(made).toMatchObject({
      service: 'storyreel-worker',
      traceId: started.traceId,
      parentSpanId: started.spanId,
    });
  } finally {
    await worker.stop();
    await receiver.close();
  }
});

test('A collector that is away neither fails nor holds up a command', async () => {
  const receiver = await OtlpReceiver.start();
  const env = testEnv({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  await receiver.close();
  const { stdout, stderr } = await run(['generate', ownTopic().topic, '--detach'], env);
  expect(stderr).toBe('');
  const { stdout: answer } = await run(['cancel', stdout.trim()], env);
  expect(answer).toBe('The run was asked to end.\n');
});
