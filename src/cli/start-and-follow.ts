import type { StartOptions, StoryClient } from '../client';
import type { Config } from '../config';
import type { ProjectId } from '../protocol';
import { chooseRenderer, type Cli } from './cli';
import { noteThatItContinues } from './commands/watch';
import { followStory } from './follow-story';

interface Following {
  readonly options: StartOptions;
  /** Print the project id instead, and return. */
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

/** Starts a run and shows it until it ends, needs attention or is left. Returns the exit code. */
export async function startAndFollow(
  cli: Cli,
  at: { readonly client: StoryClient; readonly config: Config },
  projectId: ProjectId,
  { options, detach, json = false, signal }: Following,
): Promise<number> {
  const { workflowId, runId } = await at.client.start(projectId, options);
  if (detach) {
    const started = { project_id: projectId, workflow_id: workflowId, run_id: runId };
    cli.screen.write(`${json ? JSON.stringify(started) : projectId}\n`);
    return 0;
  }
  const stopWhenParked = json || !cli.screen.interactive;
  const { outcome, code } = await followStory(at, projectId, chooseRenderer(cli, json), { stopWhenParked, signal });
  if (outcome === 'left') noteThatItContinues(cli, projectId);
  return code;
}
