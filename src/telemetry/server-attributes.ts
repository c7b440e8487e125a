import { firstHost, httpAddress } from '../address';

/** OpenTelemetry's names of who serves models, by the end of the host's name. */
const BY_HOST: readonly (readonly [string, string])[] = [
  ['api.openai.com', 'openai'],
  ['openai.azure.com', 'azure.ai.openai'],
  ['services.ai.azure.com', 'azure.ai.inference'],
  ['models.ai.azure.com', 'azure.ai.inference'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['amazonaws.com', 'aws.bedrock'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.deepseek.com', 'deepseek'],
  ['api.groq.com', 'groq'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.x.ai', 'x_ai'],
  ['ml.cloud.ibm.com', 'ibm.watson.ai'],
];

/**
 * The API that the other providers implement; the conventions ask for this name if the server behind it is not known.
 */
const SPOKEN = 'openai';

export interface ServerAttributes {
  readonly 'gen_ai.provider.name': string;
  readonly 'server.address'?: string;
  readonly 'server.port'?: number;
}

/** Who is asked at this address. Source: OpenTelemetry semantic conventions for generative AI, `gen_ai.provider.name`. */
export function serverAttributes(baseUrl: string | undefined): ServerAttributes {
  const address = baseUrl === undefined ? undefined : httpAddress(baseUrl);
  if (!address) return { 'gen_ai.provider.name': SPOKEN };
  const { host, port } = firstHost(address, { host: '', port: address.scheme === 'https' ? 443 : 80 });
  const isOf = (end: string) => host === end || host.endsWith(`.${end}`) || host.endsWith(`-${end}`);
  return {
    'gen_ai.provider.name': BY_HOST.find(([end]) => isOf(end))?.[1] ?? SPOKEN,
    'server.address': host,
    'server.port': port,
  };
}
