import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { startLocalModel, type LocalModel } from '../../dev/stack';
import { projectRoot } from '../../dev/stack/project-root';
import type { LogEvent, StoryEvent } from '../../src/protocol';
import { storyboardSchema } from '../../src/stages/storyboard/parser';
import { startApp, type TestApp } from '../support/services';
import { sha256, textSeen, watchToEnd, watchUntil } from '../support/stories';
import { TcpProxy } from '../support/tcp-proxy';
import { filmOfARealModel } from './local-model-film';

const SCENES = 2;

describe('With a real model, in llama.cpp, behind a connection that breaks in mid-stream,', () => {
  let folder: string;
  let model: LocalModel;
  let proxy: TcpProxy;
  let app: TestApp;
  let events: StoryEvent[];

  beforeAll(async () => {
    folder = await mkdtemp(join(projectRoot(), '.storyreel', 'test-model-'));
    model = await startLocalModel({ stateDir: folder, env: toolsEnv(), report: () => undefined });
    const url = new URL(model.baseUrl);
    proxy = await TcpProxy.start(Number(url.port));
    url.port = String(proxy.port);
    app = await startApp({
      OPENAI_BASE_URL: url.href,
      STORYREEL_TEXT_MODEL: model.model,
      STORYREEL_TEXT_CONTINUATION: 'prefill',
      // A model of this size writes what it likes.
      TEXT_CHECKS: 'off',
    });
    const projectId = await app.client.create({ topic: 'a fox who paints the moon', settings: { scenes: SCENES } });
    // The model may not end its story before it is cut off, and ends it for certain with a sentence after that.
    proxy.change('"max_tokens":2000,"temperature":0.8', '"max_tokens":120,"ignore_eos":true ', 1);
    proxy.change('"max_tokens":2000,"temperature":0.8', '"stop":["."],"ignore_eos":true     ');
    // What only the one and what only the other prompt says; a token takes some 250 bytes of the stream.
    proxy.cutNext('screenwriter', 8_000);
    proxy.cutNext('storyboard artist', 15_000);
    await app.client.start(projectId);
    const isDrawn = ({ type, stage }: StoryEvent) => type === 'done' && stage === 'storyboard';
    events = await watchUntil(app.client, projectId, isDrawn);
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
  });
  afterAll(async () => {
    await app.close();
    await proxy.close();
    await model.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Its viewer kept the beginning, and holds what `done` says. */
  function goneOnFrom(lane: string): { text: string; offset: number } {
    const changes = events.filter(
      (event) => (event.type === 'resumed' || event.type === 'reset') && event.lane === lane,
    );
    // What it has written by then may be of no use, and is asked for once more.
    expect(changes[0]).toMatchObject({ type: 'resumed', how: 'prefill', attempt: 2 });
    const text = textSeen(events, lane);
    expect(events.find((event) => event.type === 'done' && event.lane === lane)).toMatchObject({
      metadata: { length: Buffer.byteLength(text), sha256: sha256(text) },
    });
    return { text, offset: (changes[0] as LogEvent & { type: 'resumed' }).offset };
  }

  test('prose continues where it was cut, at a whole word', () => {
    const { text, offset } = goneOnFrom('rewrite');
    expect(offset).toBeGreaterThan(50);
    const bytes = Buffer.from(text);
    expect(bytes.length).toBeGreaterThanOrEqual(offset);
    expect(bytes.subarray(0, offset).toString('utf8')).toMatch(/\S$/);
  });

  test('a half-written storyboard becomes a whole one that keeps to its JSON schema', () => {
    const { text, offset } = goneOnFrom('storyboard');
    expect(offset).toBeGreaterThan(50);
    expect(() => JSON.parse(Buffer.from(text).subarray(0, offset).toString('utf8')) as unknown).toThrow(SyntaxError);
    const board = z.fromJSONSchema(storyboardSchema(SCENES).schema).parse(JSON.parse(text));
    expect(board).toMatchObject({ scenes: [{}, {}] });
  });
});

function toolsEnv(): NodeJS.ProcessEnv {
  return { STORYREEL_TOOLS_DIR: join(projectRoot(), '.storyreel', 'tools'), ...process.env };
}

filmOfARealModel();
