import Mustache from 'mustache';
import { StoryreelError } from '../protocol';
import type { ChatMessage } from '../providers';
import type { PromptText } from './definition';

const verbatim = { escape: (value: unknown) => String(value) };

/**
 * Fills a template's `{{name}}`s and `{{#name}} … {{/name}}` sections. Nothing is escaped, because prompts are not
 * HTML. Throws `Project.Invalid` for a broken template.
 */
export function renderText(template: string, variables: Readonly<Record<string, unknown>>): string {
  try {
    return Mustache.render(template, variables, undefined, verbatim).trim();
  } catch (error) {
    throw new StoryreelError('Project.Invalid', `A prompt template cannot be read: ${(error as Error).message}`);
  }
}

export function renderMessages(prompt: PromptText, variables: Readonly<Record<string, unknown>>): ChatMessage[] {
  return [
    { role: 'system', content: renderText(prompt.system, variables) },
    { role: 'user', content: renderText(prompt.user, variables) },
  ];
}
