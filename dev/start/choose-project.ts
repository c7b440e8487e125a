import type { StoryClient } from '../../src/client';
import { isFinal, type ProjectId } from '../../src/protocol';
import type { StartOptions } from './options';

const SAMPLE_TOPIC = 'The night all clocks of the town stopped, and the girl who went out to wind up the moon';
/** How many of the newest projects are searched for an unfinished one. */
const LOOK_BACK = 100;

/** The newest unfinished project, unless another topic was given; else a new one. Prints which one it is. */
export async function chooseProject(
  client: StoryClient,
  { topic, scenes, fresh }: Pick<StartOptions, 'topic' | 'scenes' | 'fresh'>,
  print: (line: string) => void,
): Promise<ProjectId> {
  const projects = fresh ? [] : await client.list({ limit: LOOK_BACK });
  const open = projects.find(
    (project) => !isFinal(project.status) && (topic === undefined || project.topic === topic.trim()),
  );
  if (open) {
    print(`Continuing with "${open.name}", which is not finished. "npm start -- --fresh" begins anew.`);
    if (scenes !== undefined) print('--scenes counts for a new film only.');
    return open.projectId;
  }
  return client.create({ topic: topic ?? SAMPLE_TOPIC, settings: { ...(scenes !== undefined && { scenes }) } });
}

/**
 * Starts the project's run, or joins it: Temporal has kept it while nothing was running. Lanes that waited for a person
 * are tried again, because a person starts again after repairing something.
 */
export async function resumeProject(
  client: StoryClient,
  projectId: ProjectId,
  print: (line: string) => void,
): Promise<string> {
  const { runId } = await client.start(projectId, { join: true });
  const { lanes } = await client.status(projectId);
  const broken = lanes.filter(({ status }) => status === 'processing').map(({ lane }) => lane);
  if (broken.length > 0) {
    print(`${broken.join(', ')}: under way when it was stopped; Temporal hands that on within 15 s.`);
  }
  for (const { lane, status } of lanes) {
    if (status !== 'needs_attention') continue;
    const retried = await client.retry(projectId, lane).catch(() => []);
    if (retried.length > 0) print(`${lane} waited for attention and is tried again.`);
  }
  return runId;
}
