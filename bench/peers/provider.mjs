import OpenAI from 'openai';

/** How every peer asks the provider: the same SDK as the bare loop, and no retries but the peer's own. */
export function openProvider({ providerUrl }) {
  const client = new OpenAI({ baseURL: providerUrl, apiKey: 'none', maxRetries: 0 });
  return (label, options) =>
    client.chat.completions.create(
      { model: 'bench', messages: [{ role: 'user', content: label }], stream: true },
      options,
    );
}

/** The text in a chunk of the SDK's stream, or undefined. */
export function textOf(chunk) {
  return chunk.choices[0]?.delta?.content || undefined;
}
