import { ProjectStage } from '../../entities';
import { laneId, StoryreelError, type SceneFields } from '../../protocol';
import type { TextStage } from '../definition';
import { settingsOf } from '../settings';
import { parseStoryboard, storyboardSchema } from './parser';
import { saveScenes, sceneIds } from './persist';
import { prompt } from './prompt';

/** Divides the story into scenes; every later stage works on one of them. */
export const storyboard: TextStage<SceneFields[]> = {
  name: 'storyboard',
  kind: 'text',
  template: prompt,
  maxTokens: (variables) => 500 + 300 * Number(variables['scenes']),
  temperature: 0.4,
  inLanguage: 'every narration',

  async variables({ manager, project, skipped }) {
    const { scenes } = settingsOf(project);
    // Without a rewrite the topic is the story.
    if (skipped.has(laneId('rewrite'))) return { story: project.topic, scenes };
    const row = await manager.findOneBy(ProjectStage, { projectId: project.id, stage: 'rewrite' });
    if (row?.text == null)
      throw new StoryreelError('Project.Invalid', 'The storyboard needs the rewrite, which has no text.');
    return { story: row.text, scenes };
  },

  schema: (variables) => storyboardSchema(Number(variables['scenes'])),
  parse: (text, variables, checks = {}) => parseStoryboard(text, variables, checks),
  save: (context, scenes) => saveScenes(context, scenes),
  scenes: ({ manager, project }) => sceneIds(manager, project.id),

  async stored(context) {
    const { manager, project } = context;
    const row = await manager.findOneBy(ProjectStage, { projectId: project.id, stage: 'storyboard' });
    if (row?.text == null || row.sha256 === null) return undefined;
    if (Object.keys(await sceneIds(context.manager, context.project.id)).length === 0) return undefined;
    return { text: row.text, sha256: row.sha256, bytes: row.textBytes ?? 0 };
  },
};
