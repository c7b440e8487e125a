import {
  laneId,
  laneParts,
  definesScenes,
  plainInMarkdown,
  STATUS_MARKS,
  workflowIdOf,
  type LaneId,
  type StoryMessage,
  type StoryMessages,
} from '../protocol';
import type { LaneTable } from './lane-table';

/** The most scenes that the Temporal UI shows in a row each; more are summed up. */
const MAX_ROWS = 60;

/**
 * The workflow's current details in the Temporal UI: the status of every lane, and the commands that a person can type.
 */
export function detailsOf(table: LaneTable): string {
  const { plan } = table;
  const whole = plan.filter(({ scope }) => scope === 'project');
  const perScene = plan.filter(({ scope }) => scope === 'scene');
  const cell = (lane: LaneId) => `${STATUS_MARKS[table.status(lane)]} ${table.status(lane)}`;
  const lines = [`**${table.runStatus.replace('_', ' ')}** · stage ${table.stage}`, ''];
  if (table.note) lines.push(`_${plainInMarkdown(table.note)}_`, '');
  if (whole.length > 0) {
    lines.push(...row(whole.map(({ name }) => name)), line(whole.map(({ name }) => cell(laneId(name)))), '');
  }
  const [first] = perScene;
  const scenes = first ? table.presentLanes.filter((lane) => laneParts(lane).stage === first.name) : [];
  if (scenes.length > 0) {
    lines.push(...row(['scene', ...perScene.map(({ name }) => name)]));
    const shown = scenes.slice(0, MAX_ROWS);
    for (const lane of shown) {
      const { scene } = laneParts(lane);
      const { scene: now } = laneParts(table.nameOf(lane) ?? lane);
      lines.push(line([`${now}`, ...perScene.map(({ name }) => cell(laneId(name, scene)))]));
    }
    if (shown.length < scenes.length) lines.push('', `… and ${scenes.length - shown.length} more scenes`);
    lines.push('');
  }
  if (table.runStatus === 'paused') lines.push('‖ **paused** by a person', ...commands(table, ['resume', {}]));
  for (const gate of table.gates) {
    lines.push(
      `? **${gate.replaceAll('_', ' ')}** waits for approval`,
      ...commands(table, ['approve', { gate }], ['reject', { gate, reason: 'what is wrong' }]),
    );
  }
  const { waiting } = table;
  for (const lane of waiting.slice(0, MAX_ROWS)) lines.push(...attention(table, lane));
  if (waiting.length > MAX_ROWS) lines.push(`… and ${waiting.length - MAX_ROWS} more lanes wait for a person`);
  return lines.join('\n');
}

function attention(table: LaneTable, own: LaneId): string[] {
  const error = table.error(own);
  const lane = table.nameOf(own) ?? own;
  return [
    `⚠ **${lane}** waits for a person: ${error?.type ?? 'unknown'}: ${plainInMarkdown(error?.message ?? '')}`,
    ...commands(table, ['retry', { lane }], ...(definesScenes(table.plan, lane) ? [] : [['skip', { lane }] as const])),
  ];
}

type Message = { [M in StoryMessage]: readonly [M, StoryMessages[M]] }[StoryMessage];

/** Each message as an operator types it in either of the two tools, and how to end the run. */
function commands({ projectId }: LaneTable, ...messages: readonly Message[]): string[] {
  const workflow = workflowIdOf(projectId);
  const typed = messages.flatMap(([name, argument]) => {
    const json = JSON.stringify(argument);
    return [
      `temporal workflow signal --workflow-id ${workflow} --name ${name} --input '${json}'`,
      `tctl workflow signal -w ${workflow} -n ${name} -i '${json}'`,
    ];
  });
  return ['', '```', ...typed, `temporal workflow cancel --workflow-id ${workflow}`, '```', ''];
}

/** The Temporal UI draws tables without any space between their columns. */
const GAP = '\u00a0\u00a0';

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('_', ' ') + GAP).join(' | ')} |`;
}

function row(cells: readonly string[]): string[] {
  return [line(cells), `|${cells.map(() => '---|').join('')}`];
}
