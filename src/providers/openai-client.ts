import OpenAI from 'openai';
import type { Endpoint } from './endpoint';
import { httpFetch } from './http-fetch';

/** Temporal retries, so the package must not: each try is an attempt that can be seen, counted and cancelled. */
export function openaiClient(endpoint: Endpoint, timeoutMs: number, keyHeader?: string): OpenAI {
  return new OpenAI({
    baseURL: endpoint.baseUrl,
    apiKey: endpoint.apiKey,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: timeoutMs,
    fetch: httpFetch,
    logLevel: 'off',
    ...(keyHeader !== undefined && { defaultHeaders: { authorization: null, [keyHeader]: endpoint.apiKey } }),
  });
}
