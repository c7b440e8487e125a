import type { Command } from 'commander';
import type { ProjectSummary, ProjectView } from '../../client';
import type { Config } from '../../config';
import { isFinal, laneParts, personCommands, type ProjectId, type ProjectStatus } from '../../protocol';
import { projectArgument } from '../arguments';
import type { Lack } from '../../readiness';
import { withClient, type Cli } from '../cli';
import { exitCodesHelp } from '../exit-codes';
import {
  approvalLines,
  closingLines,
  costLine,
  createStyle,
  oneLine,
  sceneTable,
  statusMark,
  type Screen,
} from '../render';
import { loaded } from '../loaded';

const EXAMPLES = `
Examples:
  storyreel status
  storyreel status 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11
  storyreel status 0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11 --json`;

export function addStatus(program: Command, cli: Cli): void {
  program
    .command('status')
    .summary('show the status of a project, or list the projects')
    .description('Shows the status of a project and of each of its lanes. Without a project: the newest 20.')
    .argument('[project]', 'the project id')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', EXAMPLES + '\n' + exitCodesHelp())
    .action(async (project: string | undefined, { json = false }: { json?: boolean }) => {
      await (project === undefined ? listAll(cli, json) : showOne(cli, projectArgument(project), json));
    });
}

async function listAll(cli: Cli, json: boolean): Promise<void> {
  await withClient(cli, async ({ client, config }) => {
    const projects = await client.list();
    const lines = projects.map((project) => (json ? JSON.stringify(project) : listLine(project)));
    if (lines.length > 0) cli.screen.write(`${lines.join('\n')}\n`);
    else if (!json) cli.screen.write('There are no projects yet.\n');
    noteWorkers(cli, await lacksFor(config, projects));
  });
}

async function showOne(cli: Cli, projectId: ProjectId, json: boolean): Promise<void> {
  await withClient(cli, async ({ client, config }) => {
    const project = await client.status(projectId);
    const lacks = await lacksFor(config, [project]);
    const lines = json
      ? [JSON.stringify(project)]
      : statusLines(project, (key) => loaded.storage.placeOfMedia(config, key), cli.screen);
    cli.screen.write(`${lines.join('\n')}\n`);
    noteWorkers(cli, lacks);
  });
}

/**
 * Runs only if work is left to do. A Temporal that does not answer is no failure here, because the command asked for
 * something else.
 */
async function lacksFor(
  config: Config,
  projects: readonly { readonly status: ProjectStatus }[],
): Promise<readonly Lack[]> {
  if (projects.every(({ status }) => isFinal(status))) return [];
  return loaded.services.workerLacks(config).catch(() => []);
}

/** Lines for people, apart from the output that a script reads. */
function noteWorkers(cli: Cli, lacks: readonly Lack[]): void {
  for (const { what, advice } of lacks) cli.note(`⚠ ${what}\n  ${advice}`);
}

function listLine({ projectId, status, createdAt, name }: ProjectSummary): string {
  return `${projectId}  ${status.padEnd(16)}  ${createdAt.toISOString().slice(0, 16).replace('T', ' ')}  ${oneLine(name)}`;
}

/** The project, a line for each lane that runs once, the table of scenes, and what went wrong. */
function statusLines(project: ProjectView, placeOf: (key: string) => string, screen: Screen): string[] {
  const style = createStyle(screen.color);
  const { lanes, film, error } = project;
  const once = lanes.filter(({ lane }) => laneParts(lane).scene === undefined);
  const laneLines = once.map(
    ({ lane, status, attempt }) =>
      `${statusMark(status, style)} ${lane.padEnd(12)} ${status}${attempt > 1 ? ` (attempt ${attempt})` : ''}`,
  );
  const failed = lanes.filter((lane) => lane.error);
  const ending = { project, seconds: 0, ...(film && { filmPath: placeOf(film.asset) }) };
  return [
    `${style.bold(oneLine(project.name))}: ${project.status}`,
    style.dim(
      `workflow ${project.workflowId}${project.runId === undefined ? '' : `, run ${project.runId}`}, version ${project.version}`,
    ),
    ...laneLines,
    ...sceneTable(lanes, { style, columns: screen.columns, mostScenes: Infinity, narrations: new Map() }),
    ...lanes
      .filter(({ waitsFor }) => waitsFor)
      .map(
        ({ lane, waitsFor: why }) =>
          `${style.yellow('…')} ${lane} waits: ${oneLine(why?.message ?? '')} (${why?.type})`,
      ),
    ...failed.map(
      ({ lane, error: why }) => `${style.yellow('⚠')} ${lane}: ${oneLine(why?.message ?? '')} (${why?.type})`,
    ),
    ...(error && failed.length === 0 ? [`${style.red('✗')} ${oneLine(error.message)} (${error.type})`] : []),
    ...whatToType(project),
    ...[costLine(project)].filter((line) => line !== undefined).map((line) => style.dim(line)),
    ...closingLines(ending, style),
  ];
}

/** The commands with which a person can continue a waiting run. */
function whatToType({ projectId, status, stages, lanes }: ProjectView): string[] {
  switch (status) {
    case 'paused':
      return [`  storyreel resume ${projectId}`];
    case 'awaiting_approval':
      return stages.filter((each) => each.status === status).flatMap(({ stage }) => approvalLines(projectId, stage));
    case 'needs_attention': {
      const waiting = lanes.filter((each) => each.status === 'needs_attention' || each.status === 'cancelled');
      return [...new Set(waiting.slice(0, 3).flatMap(({ lane }) => personCommands(projectId, lane)))].map(
        (command) => `  ${command}`,
      );
    }
    default:
      return [];
  }
}
