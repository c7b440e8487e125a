import { resolve } from 'node:path';
import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { STORY_WORKFLOW, TRACE_HEADER, workflowIdOf } from '../../src/protocol';
import { WORKFLOW_TIME } from '../../src/worker/workflow-time';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver';
import { HttpUser, startGateway } from '../support/gateway';
import { startApp, testEnv, type TestApp } from '../support/services';
import {
  isParked,
  ownTopic,
  textSeen,
  watchText,
  watchToEnd,
  watchUntil,
  withTemporal,
  workflowOf,
} from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const KEY = 'sk-a-key-that-no-trace-may-show';

describe('With a collector of traces set', () => {
  const studio = new StudioControl();
  let receiver: OtlpReceiver;
  let app: TestApp;

  beforeAll(async () => {
    process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50';
    receiver = await OtlpReceiver.start();
    app = await startApp({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=stories',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20test,service.name=storyreel-worker',
      OPENAI_API_KEY: KEY,
    });
  });
  afterAll(async () => {
    await app.close();
    await receiver.close();
  });

  const childrenOf = (parent: ReceivedSpan) => receiver.spans.filter((span) => span.parentSpanId === parent.spanId);

  test('a story is one trace: start, workflow, activities, calls to providers', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 429, retryAfter: 0.1 });
    await studio.writeAbout(mark);
    const projectId = await app.client.create({ topic, settings: { scenes: 2 } });
    const { workflowId, runId } = await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);

    const run = await receiver.span('RunWorkflow:story');
    const start = await receiver.span('StartWorkflow:story');
    expect(start.parentSpanId ?? '').toBe('');
    expect(start.attributes).toMatchObject({ temporalWorkflowId: workflowId, temporalRunId: runId });
    expect(run.parentSpanId).toBe(start.spanId);
    expect(run.attributes).toMatchObject({ temporalRunId: runId, 'storyreel.outcome': 'completed' });

    // On a busy machine Redis may answer too late for the end of a lane, which then has an activity of its own.
    const attempts = childrenOf(run).filter(({ name }) => name !== 'RunActivity:announceLane');
    expect(new Set(attempts.map(({ name }) => name))).toEqual(
      new Set(
        ['openRun', 'generateText', 'generateImage', 'generateVideo', 'joinFilm', 'closeRun'].map(
          (type) => `RunActivity:${type}`,
        ),
      ),
    );
    const called = attempts
      .filter(({ name }) => name.startsWith('RunActivity:generate'))
      .map((attempt) => [
        [attempt.attributes['temporalActivityId'], attempt.attributes['storyreel.attempt']].map(String).join(' '),
        childrenOf(attempt)
          .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
          .map(({ name }) => name),
      ]);
    const clip = ['submit_video veo-3.1', 'await_video veo-3.1', 'download_video veo-3.1'];
    expect(Object.fromEntries(called)).toEqual({
      'rewrite 1': ['chat gpt-6-luna'],
      'rewrite 2': ['chat gpt-6-luna'],
      'storyboard 1': ['chat gpt-6-luna'],
      'image_generation/1 1': ['generate_image gpt-image-2.5-flare'],
      'image_generation/2 1': ['generate_image gpt-image-2.5-flare'],
      'camera_movement/1 1': ['chat gpt-6-luna'],
      'camera_movement/2 1': ['chat gpt-6-luna'],
      'video_generation/1 1': clip,
      'video_generation/2 1': clip,
    });
    for (const { traceId } of [run, ...attempts, ...attempts.flatMap(childrenOf)]) expect(traceId).toBe(start.traceId);

    const chats = receiver
      .named('chat gpt-6-luna')
      .filter(({ attributes }) => attributes['storyreel.lane'] === 'rewrite');
    expect(chats.map(({ attributes }) => attributes)).toEqual([
      expect.objectContaining({ 'error.type': 'RateLimitError', 'http.response.status_code': 429 }),
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.output.type': 'text',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.stream': true,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.response.id': expect.any(String),
        'gen_ai.response.model': 'gpt-6-luna',
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        'gen_ai.request.model': 'gpt-6-luna',
        'gen_ai.usage.input_tokens': expect.any(Number),
        'gen_ai.usage.output_tokens': expect.any(Number),
        'server.address': '127.0.0.1',
        'server.port': expect.any(Number),
        'storyreel.lane': 'rewrite',
        'storyreel.attempt': 2,
        'storyreel.provider': 'environment',
      },
    ]);
    const duration = Number(BigInt(run.endTimeUnixNano) - BigInt(run.startTimeUnixNano));
    expect(duration).toBeGreaterThan(0);
    expect(receiver.headers['x-tenant']).toBe('stories');
    expect(receiver.sent).toContain('{"key":"deployment.environment.name","value":{"stringValue":"a test"}}');
    expect(receiver.spans.every(({ service }) => service === 'storyreel-worker')).toBe(true);

    const prose = textSeen(events, 'rewrite');
    expect(prose).toContain(mark);
    for (const secret of [topic, mark, prose.slice(0, 20), KEY]) expect(receiver.sent).not.toContain(secret);

    const history = await withTemporal(app.config, (client) => workflowOf(client, projectId).fetchHistory());
    const untraced = await bundleWorkflowCode({
      workflowsPath: resolve(__dirname, '..', '..', 'src', 'workflows'),
      logger: new DefaultLogger('ERROR'),
    });
    await Worker.runReplayHistory({ ...WORKFLOW_TIME, workflowBundle: untraced }, history, workflowId);
  });

  test('a run that is started over HTTP belongs to the trace of the request', async () => {
    const { TEMPORAL_TASK_QUEUE } = app.config;
    const gateway = await startGateway(testEnv({ TEMPORAL_TASK_QUEUE }));
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const answer = await new HttpUser(gateway.url).ask(
      'POST',
      `/v1/projects/${projectId}/start`,
      { stages: ['rewrite'] },
      { traceparent: `00-${trace}-${parent}-01` },
    );
    expect(answer.status).toBe(202);
    const start = await until('its span', () =>
      receiver.spans.find(({ name, traceId }) => name === 'StartWorkflow:story' && traceId === trace),
    );
    expect(start.parentSpanId).toBe(parent);
    await watchToEnd(app.client, projectId);
    await gateway.stop();
  });

  test('a retry is a trace of its own that leads to the run, and a cancel names it', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 400 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const { workflowId, runId } = await app.client.start(projectId);
    await watchUntil(app.client, projectId, isParked);
    await studio.misbehave(mark, 'chat', { stall: 3 });
    await app.client.retry(projectId, 'rewrite');
    await watchText(app.client, projectId);
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);

    const asked = await receiver.span('UpdateWorkflow:retry');
    const handled = await receiver.span('HandleUpdate:retry');
    const cancelled = await receiver.span('CancelWorkflow');
    const run = await until('the span of the run', () =>
      receiver.named('RunWorkflow:story').find(({ attributes }) => attributes['temporalRunId'] === runId),
    );
    expect(asked.parentSpanId ?? '').toBe('');
    expect(handled).toMatchObject({ parentSpanId: asked.spanId, traceId: asked.traceId });
    expect(handled.links).toMatchObject([{ traceId: run.traceId, spanId: run.spanId }]);
    expect(cancelled.attributes).toMatchObject({ temporalWorkflowId: workflowId });
    expect(run.attributes['storyreel.outcome']).toBe('cancelled');
  });
});

test('a trace header that cannot be read stops no run', async () => {
  const app = await startApp();
  const connection = await Connection.connect({ address: app.config.TEMPORAL_ADDRESS });
  const strange = { metadata: { encoding: Buffer.from('binary/strange') }, data: Buffer.from('?') };
  const start: WorkflowClientInterceptor = {
    startWithDetails: (input, next) => next({ ...input, headers: { [TRACE_HEADER]: strange } }),
  };
  const client = new Client({ connection, interceptors: { workflow: [start] } });
  const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
  await client.workflow.start(STORY_WORKFLOW, {
    workflowId: workflowIdOf(projectId),
    taskQueue: app.config.TEMPORAL_TASK_QUEUE,
    args: [{ projectId }],
  });
  expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
  await connection.close();
  await app.close();
});

test('a run that nobody traced when it was started is one trace, too', async () => {
  const untraced = await startApp();
  const { topic } = ownTopic();
  const projectId = await untraced.client.create({ topic, settings: { scenes: 1 } });
  const receiver = await OtlpReceiver.start();
  try {
    const { runId } = await untraced.client.start(projectId);
    await watchText(untraced.client, projectId);
    await untraced.close();
    const { config } = untraced;
    const tracing = await startApp({
      TEMPORAL_TASK_QUEUE: config.TEMPORAL_TASK_QUEUE,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    });
    await watchToEnd(tracing.client, projectId);
    const run = await receiver.span('RunWorkflow:story').finally(() => tracing.close());
    expect(run).toMatchObject({ traceId: runId.replaceAll('-', '') });
    expect(run.parentSpanId ?? '').toBe('');
    const joined = await receiver.span('RunActivity:joinFilm');
    expect(joined).toMatchObject({ traceId: run.traceId, parentSpanId: run.spanId });
  } finally {
    await receiver.close();
  }
});
