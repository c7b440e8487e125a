import { readSecret, type Config } from '../../config';
import type { ModelProvider } from '../../entities';
import { mayBeAsked, mayHoldKey } from '../../trust';
import type { Finding } from './finding';

const ANSWER_MS = 4_000;
const MAX_LISTED_BYTES = 8 * 1024 * 1024;
const OPENAI = 'https://api.openai.com/v1';
/** The fields in which services announce the day on which a model is switched off. */
const END_FIELDS = ['shutdown_date', 'deprecation_date', 'expiration_date', 'retirement_date', 'sunset_date'];

interface Asked {
  readonly service: ModelProvider['kind'];
  readonly model: string;
  readonly baseUrl: string;
  readonly key?: string;
}

/**
 * Adds to the findings on providers when a configured model ends, if its server announces this in its list of models.
 * That request costs nothing. A server that gives no such list, or does not answer, has announced nothing.
 */
export async function withAnnouncedEnds(
  findings: readonly Finding[],
  config: Config,
  rows: readonly ModelProvider[],
): Promise<Finding[]> {
  return Promise.all(
    findings.map(async (finding) => {
      if (!finding.ok) return finding;
      const asked = askedOf(finding.service, config, rows);
      const ends = await Promise.all(
        asked.map(async ({ model, ...place }) => ({ model, end: await endOf(model, place) })),
      );
      const first = ends.find(({ end }) => end !== undefined);
      return first?.end === undefined ? finding : { ...finding, ...announced(first.model, first.end, finding) };
    }),
  );
}

function announced(model: string, end: Date, { advice }: Finding): Pick<Finding, 'ok' | 'advice'> {
  const day = end.toISOString().slice(0, 10);
  const isOver = end.getTime() <= Date.now();
  const warning = `${model} ${isOver ? 'was switched off' : 'will be switched off'} on ${day}: set another model.`;
  return { ok: !isOver, advice: advice === undefined ? warning : `${warning} ${advice}` };
}

function askedOf(service: string, config: Config, rows: readonly ModelProvider[]): Asked[] {
  const own = rows.filter(({ kind }) => kind === service);
  if (own.length > 0) return own.flatMap((row) => ofRow(row, config));
  const { OPENAI_BASE_URL, OPENAI_API_KEY, STORYREEL_IMAGE_API_KEY, STORYREEL_VIDEO_API_KEY } = config;
  const of = (kind: Asked['service'], model: string, baseUrl: string | undefined, key: string | undefined) =>
    kind === service && baseUrl !== undefined
      ? [{ service: kind, model, baseUrl, ...(key !== undefined && { key }) }]
      : [];
  return [
    ...of('text', config.STORYREEL_TEXT_MODEL, OPENAI_BASE_URL ?? OPENAI, OPENAI_API_KEY),
    ...of('image', config.STORYREEL_IMAGE_MODEL, config.STORYREEL_IMAGE_BASE_URL, STORYREEL_IMAGE_API_KEY),
    ...of('video', config.STORYREEL_VIDEO_MODEL, config.STORYREEL_VIDEO_BASE_URL, STORYREEL_VIDEO_API_KEY),
  ];
}

function ofRow({ kind: service, model, baseUrl, apiKeyFrom }: ModelProvider, config: Config): Asked[] {
  if (!mayBeAsked(baseUrl, config)) return [];
  if (apiKeyFrom === null) return [{ service, model, baseUrl }];
  if (!mayHoldKey(apiKeyFrom, config)) return [];
  try {
    return [{ service, model, baseUrl, key: readSecret(apiKeyFrom) }];
  } catch {
    // The key is meant for the worker and may be missing here.
    return [];
  }
}

async function endOf(model: string, { baseUrl, key }: Pick<Asked, 'baseUrl' | 'key'>): Promise<Date | undefined> {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/models`, {
      headers: { accept: 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const size = Number(response.headers.get('content-length') ?? 0);
    if (!response.ok || size > MAX_LISTED_BYTES) return undefined;
    const { data } = (await response.json()) as { data?: unknown };
    const entry = Array.isArray(data) ? (data as { id?: unknown }[]).find(({ id }) => id === model) : undefined;
    const ends = END_FIELDS.map((field) => dateOf((entry as Record<string, unknown> | undefined)?.[field]));
    return ends.find((end) => end !== undefined);
  } catch {
    return undefined;
  }
}

/** A day as text, or seconds since 1970. */
function dateOf(stated: unknown): Date | undefined {
  if (typeof stated !== 'string' && typeof stated !== 'number') return undefined;
  const date = new Date(typeof stated === 'number' ? stated * 1000 : stated);
  return stated === '' || Number.isNaN(date.getTime()) ? undefined : date;
}
