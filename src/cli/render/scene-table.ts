import { laneParts, STAGES, type LaneStatus, STATUS_MARKS } from '../../protocol';
import { fit, pad, widthOf } from './display-width';
import { oneLine, type Style } from './style';
import type { LaneState } from './lane-state';

/** The fields of a lane that the table shows. */
export type LaneCell = Pick<LaneState, 'lane' | 'status' | 'attempt'> & Partial<Pick<LaneState, 'progress' | 'result'>>;

interface TableOptions {
  readonly style: Style;
  readonly columns: number;
  /** More scenes than this are summed up, and only those under way are shown. */
  readonly mostScenes: number;
  readonly narrations: ReadonlyMap<number, string>;
}

const PER_SCENE = STAGES.filter(({ scope }) => scope === 'scene').map(({ name }) => name);
const HEADS: Readonly<Record<string, string>> = {
  image_generation: 'image',
  camera_movement: 'camera',
  video_generation: 'clip',
};
const NUMBER_WIDTH = 5;
const CELL_WIDTH = 14;

/** A row for each scene: its image, its camera move, its clip, and the beginning of its narration. */
export function sceneTable(lanes: Iterable<LaneCell>, options: TableOptions): string[] {
  const scenes = new Map<number, Map<string, LaneCell>>();
  for (const narrated of options.narrations.keys()) scenes.set(narrated, new Map());
  for (const cell of lanes) {
    const { stage, scene } = laneParts(cell.lane);
    if (scene === undefined) continue;
    const row = scenes.get(scene) ?? new Map<string, LaneCell>();
    scenes.set(scene, row.set(stage, cell));
  }
  if (scenes.size === 0) return [];
  const { style } = options;
  const heads = PER_SCENE.map((stage) => pad(HEADS[stage] ?? stage, CELL_WIDTH));
  const head = style.dim(fit(`${pad('scene', NUMBER_WIDTH)}  ${heads.join('')}`, options.columns));
  const ordered = [...scenes].sort(([a], [b]) => a - b);
  const shown =
    ordered.length <= options.mostScenes
      ? ordered
      : ordered.filter(([, row]) => [...row.values()].some(isUnderWay)).slice(0, Math.max(0, options.mostScenes - 1));
  const rows = shown.map(([scene, row]) => tableRow(scene, row, options));
  return shown.length === ordered.length ? [head, ...rows] : [head, ...rows, summary(ordered, options)];
}

export function statusMark(status: LaneStatus, style: Style): string {
  return colorOf(status, style)(STATUS_MARKS[status]);
}

function tableRow(scene: number, row: ReadonlyMap<string, LaneCell>, options: TableOptions): string {
  const number = String(scene).padStart(NUMBER_WIDTH);
  const cells = PER_SCENE.map((stage) => pad(cellText(row.get(stage), options.style), CELL_WIDTH));
  const line = `${number}  ${cells.join('')}`;
  const left = options.columns - widthOf(line);
  if (left < 0)
    return fit(
      `${number}  ${PER_SCENE.map((stage) => STATUS_MARKS[row.get(stage)?.status ?? 'pending']).join(' ')}`,
      options.columns,
    );
  return left < 12 ? line : line + options.style.dim(fit(oneLine(options.narrations.get(scene) ?? ''), left));
}

function cellText(cell: LaneCell | undefined, style: Style): string {
  if (!cell) return style.dim(STATUS_MARKS.pending);
  const words = [
    ...(cell.result === undefined ? [] : [cell.result]),
    ...(cell.status === 'processing' && cell.progress !== undefined ? [`${Math.floor(cell.progress)} %`] : []),
    ...(cell.status === 'processing' && cell.attempt > 1 ? [`try ${cell.attempt}`] : []),
  ];
  return `${statusMark(cell.status, style)} ${fit(words.join(' '), CELL_WIDTH - 3)}`;
}

function summary(
  ordered: readonly (readonly [number, ReadonlyMap<string, LaneCell>])[],
  options: TableOptions,
): string {
  const counts = PER_SCENE.map((stage) => {
    const done = ordered.filter(([, row]) => row.get(stage)?.status === 'completed').length;
    return pad(`${done}/${ordered.length}`, CELL_WIDTH);
  });
  return fit(`${pad('all', NUMBER_WIDTH)}  ${counts.join('')}`, options.columns);
}

function isUnderWay({ status }: LaneCell): boolean {
  return status === 'processing' || status === 'needs_attention' || status === 'failed';
}

function colorOf(status: LaneStatus, style: Style): (text: string) => string {
  switch (status) {
    case 'completed':
      return style.green;
    case 'processing':
      return style.cyan;
    case 'failed':
    case 'cancelled':
      return style.red;
    case 'needs_attention':
    case 'awaiting_approval':
    case 'paused':
      return style.yellow;
    case 'pending':
    case 'skipped':
      return style.dim;
  }
}
