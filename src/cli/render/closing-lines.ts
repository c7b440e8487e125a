import type { FilmReference } from '../../protocol';
import type { Ending } from './renderer';
import { money } from './cost-line';
import { oneLine, type Style } from './style';
import type { LaneState } from './lane-state';

/** How the run ended, what came of it and what it cost. */
export function closingLines({ project, filmPath, seconds }: Ending, style: Style): string[] {
  const { film, usage, status, error } = project;
  const { input_tokens: input, output_tokens: output, wasted_tokens: wasted, cost, wasted_cost: lost = 0 } = usage;
  const tokens = [
    `${input + output} tokens`,
    ...(wasted > 0 ? [`${wasted} of them wasted`] : []),
    ...(cost === undefined ? [] : [`cost ${money(cost)}`]),
    ...(lost > 0 ? [`${money(lost)} of it wasted`] : []),
    ...(seconds >= 0.1 ? [`${seconds.toFixed(1)} s`] : []),
  ].join(', ');
  switch (status) {
    case 'completed':
      return [
        `${style.green('✓')} ${style.bold('The film is done.')} ${style.dim(tokens)}`,
        ...(film && filmPath !== undefined
          ? [
              `  ${style.bold(filmPath)}`,
              `  ${film.scenes} ${film.scenes === 1 ? 'scene' : 'scenes'}, ${film.duration.toFixed(1)} s, ${sizeOf(film.bytes)}`,
              ...lacksOf(film).map((lack) => `  ${style.yellow(lack)}`),
            ]
          : []),
      ];
    case 'failed':
      return [`${style.red('✗ The run failed.')} ${error ? oneLine(error.message) : ''}`.trimEnd()];
    case 'cancelled':
      return [style.red('✗ The run was cancelled.')];
    case 'needs_attention':
      return [`${style.yellow('⚠')} The run waits for a person.`];
    default:
      return [];
  }
}

/** Why a lane needs attention, and the commands that a person can type. */
export function attentionLines({ lane, error, commands = [] }: LaneState, style: Style): string[] {
  return [
    `${style.yellow('⚠')} ${style.bold(lane)} needs attention: ${error ? `${oneLine(error.message)} (${error.type})` : ''}`,
    ...(error?.issues ?? []).slice(0, 5).map((issue) => `    ${oneLine(issue)}`),
    ...commands.map((command) => `    ${style.cyan(command)}`),
  ];
}

/** The parts that the film lacks, because a person has skipped them. */
function lacksOf({ stills = [], missing_scenes: missing = [] }: FilmReference): string[] {
  return [
    ...(stills.length > 0 ? [`Without a clip, shown by its image: scene ${stills.join(', ')}`] : []),
    ...(missing.length > 0 ? [`Not in the film: scene ${missing.join(', ')}`] : []),
  ];
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A stage that waits for a person, and what to type. */
export function approvalLines(projectId: string, gate: string): string[] {
  return [
    `? ${gate} waits for approval`,
    `  storyreel approve ${projectId} ${gate}`,
    `  storyreel reject ${projectId} ${gate} --reason "…"`,
  ];
}
