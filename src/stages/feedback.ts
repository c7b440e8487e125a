import type { ChatMessage } from '../providers';

/** Adds to a conversation that the last answer could not be used, and why. */
export function askAgain(messages: readonly ChatMessage[], issues: readonly string[]): ChatMessage[] {
  return addToLast(
    messages,
    `Your last answer could not be used:\n${listed(issues)}\nAnswer again, in full, and mend this.`,
  );
}

/** Adds people's feedback on earlier answers to a conversation. */
export function withFeedback(messages: readonly ChatMessage[], feedback: readonly string[]): readonly ChatMessage[] {
  if (feedback.length === 0) return messages;
  return addToLast(
    messages,
    `An earlier answer was turned down by an editor, who said:\n${listed(feedback)}\nHeed this.`,
  );
}

/** Adds people's feedback on earlier results to the prompt of a picture or a clip. */
export function promptWithFeedback(prompt: string, feedback: readonly string[]): string {
  return [prompt, ...feedback].join('\n');
}

/** A language: its tag, and its name for a model. */
export interface NamedLanguage {
  readonly tag: string;
  readonly name: string;
}

/** Adds to a conversation in which language the answer, or a part of it, shall be. */
export function withLanguage(
  messages: readonly ChatMessage[],
  what: string,
  { tag, name }: NamedLanguage,
): readonly ChatMessage[] {
  const words = `Write ${what} in ${name} (${tag}), in whatever language you are asked.`;
  // Not beside the story or the topic, of which it would be taken for a part.
  return messages.map((message, i) =>
    i === 0 ? { ...message, content: `${message.content}\n\n${words}`.trim() } : message,
  );
}

function listed(points: readonly string[]): string {
  return points.map((point) => `- ${point}`).join('\n');
}

function addToLast(messages: readonly ChatMessage[], words: string): ChatMessage[] {
  const last = messages.at(-1);
  return last?.role === 'user'
    ? [...messages.slice(0, -1), { role: 'user', content: `${last.content}\n\n${words}` }]
    : [...messages, { role: 'user', content: words }];
}
