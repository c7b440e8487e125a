import type { StoryClient } from '../../src/client';
import type { ProjectId } from '../../src/protocol';
import { ownTopic } from './stories';
import type { StudioControl } from './studio-control';

/** A story whose first text, the rewrite, comes slowly enough to break things in its middle. */
export interface LongRewrite {
  readonly projectId: ProjectId;
  readonly mark: string;
  /** Exactly what the provider writes. */
  readonly text: string;
  readonly tokensPerSecond: number;
}

/** No two places of it look the same, so a torn or doubled text cannot pass for it. */
export function longText(mark: string, sentences: number, word = 'sentence'): string {
  return Array.from({ length: sentences }, (_, i) => `${mark} ${word} ${i} 雨🎬.`).join(' ');
}

/** Stores the project; nothing runs yet. The provider gives the text to the first request only. */
export async function planLongRewrite(
  client: StoryClient,
  studio: StudioControl,
  {
    seconds,
    tokensPerSecond = 50,
    ...fault
  }: { readonly seconds: number; readonly tokensPerSecond?: number; readonly hold?: number },
): Promise<LongRewrite> {
  const { topic, mark } = ownTopic();
  const text = longText(mark, Math.ceil((seconds * tokensPerSecond) / TOKENS_PER_SENTENCE));
  await studio.misbehave(mark, 'chat', { text, tokensPerSecond, ...fault });
  const projectId = await client.create({ topic, settings: { scenes: 1 } });
  return { projectId, mark, text, tokensPerSecond };
}

/** As the studio cuts the sentences above, roughly. */
const TOKENS_PER_SENTENCE = 13;
