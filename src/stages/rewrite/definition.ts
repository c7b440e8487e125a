import { isBlank } from '../../protocol';
import { UnusableOutput, type TextStage } from '../definition';
import { mustBeStory } from '../story-checks';
import { prompt } from './prompt';

/** Turns the topic into a story that can be filmed. Its text is the result. */
export const rewrite: TextStage<string> = {
  name: 'rewrite',
  kind: 'text',
  template: prompt,
  maxTokens: () => 2_000,
  temperature: 0.8,
  cutIsUsable: true,
  inLanguage: 'the story',

  variables: ({ project }) => Promise.resolve({ topic: project.topic }),

  parse(text, { topic, language }, checks = {}) {
    if (isBlank(text)) throw new UnusableOutput(['the answer is empty']);
    mustBeStory(text, typeof topic === 'string' ? topic : '', checks, language);
    return text;
  },
};
