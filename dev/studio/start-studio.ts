import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chatRequestSchema, promptOf } from './chat/request';
import { mustBeTaken } from './chat/strict';
import { ImageGenerations } from './drawing/image-generations';
import { FaultPlan, faultSchema, type Fault } from './faults';
import { Holds } from './holds';
import { ApiError } from './http/api-error';
import { checked, parseBody, readBody } from './http/body';
import { control } from './http/control';
import { header, quotationOf, sendJson, watchEnd } from './http/exchange';
import { JsonLines } from './json-lines';
import { listModels, routeOf, type Route, type Services } from './http/routes';
import { settingsFrom, type StudioOptions } from './options';
import { RequestRecord } from './request-record';
import { VideoJobs } from './video/video-jobs';

/** A running stand-in provider. */
export interface Studio {
  /** The base URL that an OpenAI client is given, `/v1` included. */
  url: string;
  /** Closes every connection and stops every render; unfinished video jobs continue at the next start. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in for an AI provider on 127.0.0.1. Fails if the port is taken or the folder cannot be written.
 * Glossary: studio.
 */
export async function startStudio(options: StudioOptions): Promise<Studio> {
  const settings = settingsFrom(options);
  const videos = new VideoJobs(settings);
  await mkdir(settings.stateDir, { recursive: true });
  const images = new ImageGenerations(
    settings.seed,
    settings.strict,
    new JsonLines(join(settings.stateDir, 'image-keys.jsonl')),
  );
  const services: Services = { settings, videos, images };
  const faults = new FaultPlan();
  const holds = new Holds();
  for (const rule of options.faults ?? []) faults.add(rule);
  const record = new RequestRecord(new JsonLines(join(settings.stateDir, 'requests.jsonl')));

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://studio');
    if (url.pathname.startsWith('/studio/')) return control(request, response, url, { faults, holds, record, videos });
    const refused = settings.apiKey !== undefined && header(request, 'authorization') !== `Bearer ${settings.apiKey}`;
    if (url.pathname === '/v1/models') return refused ? refuse() : listModels(response);
    const route = routeOf(request.method ?? 'GET', url.pathname, services);
    const raw = await readBody(request);
    const body = raw.length === 0 ? undefined : await parseBody(raw, header(request, 'content-type') ?? '');
    const prompt = promptFor(route, body);
    const seen = record.open(route.kind, prompt, header(request, 'idempotency-key'));
    const gone = watchEnd(response, (end) => record.close(seen, prompt, end));
    if (refused) refuse();
    // Before any fault: what is refused is no call that could go wrong.
    if (settings.strict && route.kind === 'chat') mustBeTaken(checked(chatRequestSchema, body));
    const sent = `${prompt}\n${raw.toString('utf8')}`;
    const fault = faultIn(request) ?? faults.take(route.kind, sent) ?? {};
    if (Object.keys(fault).length > 0) seen.fault = fault;
    const released = () => holds.wait(sent, gone);
    if (fault.status !== undefined) {
      if (fault.hold !== undefined) await released().catch(() => undefined);
      throw refusal(fault, fault.status, quotationOf(request, raw));
    }
    await route.answer({ request, response, body, fault, seen, released, gone });
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.socket?.setNoDelay(true);
    handle(request, response).catch((error: unknown) => sendFailure(response, error));
  });
  await videos.open();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(settings.port, '127.0.0.1', resolve);
  }).catch(async (error: unknown) => {
    await videos.close();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await videos.close();
      await closed;
    },
  };
}

function refuse(): never {
  throw new ApiError(401, 'Incorrect API key provided.', 'invalid_api_key');
}

function promptFor(route: Route, body: unknown): string {
  if (route.job !== undefined) return route.job.prompt;
  if (route.kind === 'chat') return promptOf(checked(chatRequestSchema, body));
  const prompt = (body as { prompt?: unknown } | undefined)?.prompt;
  return typeof prompt === 'string' ? prompt : '';
}

function faultIn(request: IncomingMessage): Fault | undefined {
  const asked = header(request, 'x-studio-fault');
  if (asked === null) return undefined;
  try {
    return checked(faultSchema, JSON.parse(asked));
  } catch (error) {
    throw new ApiError(400, `The header x-studio-fault is no fault: ${(error as Error).message}`);
  }
}

function refusal({ code, retryAfter, echo }: Fault, status: number, quotation: string): ApiError {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  const message = `The studio was told to answer ${status}.`;
  return new ApiError(status, echo ? quotation : message, code ?? null, headers);
}

function sendFailure(response: ServerResponse, error: unknown): void {
  const known = error instanceof ApiError ? error : new ApiError(500, (error as Error).message);
  if (response.headersSent || response.destroyed) response.destroy();
  else sendJson(response, known.status, known.body, known.headers);
}
