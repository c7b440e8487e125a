import type { EntityManager } from 'typeorm';
import { Scene } from '../../entities';
import { columnsOf } from '../../planning';
import { laneId, MAX_SCENES, STAGES, StoryreelError, type ProjectId } from '../../protocol';
import type { Changes, NewScene } from '../inputs';
import { fenceAboveAll, readLanes, type Editing } from './editing';

/** A place in the film: of a scene that is there, by its present number, or of a new one. */
type Place = number | NewScene;

/** The old and the new number of a scene; `to` is absent for a removed scene. */
interface MovedScene {
  readonly id: string;
  readonly from: number;
  readonly to?: number;
}

/** The film's scenes in the requested order. Throws `Project.Invalid` if that order is impossible. */
export function sceneOrder(present: readonly number[], { remove = [], add = [], order }: Changes): Place[] {
  const unknown = [...remove, ...(order ?? [])].find((number) => !present.includes(number));
  if (unknown !== undefined) throw noScene(unknown, present);
  const kept = present.filter((number) => !remove.includes(number));
  if (order && (order.length !== kept.length || new Set(order).size !== kept.length)) {
    throw new StoryreelError(
      'Project.Invalid',
      `order must name each scene that stays once: ${kept.join(', ')}. A scene that shall go is named in remove.`,
    );
  }
  const wrong = order?.find((number) => remove.includes(number));
  if (wrong !== undefined) {
    throw new StoryreelError('Project.Invalid', `Scene ${wrong} is in order and in remove; it can only be in one.`);
  }
  const places: Place[] = [...(order ?? kept)];
  for (const scene of add) {
    if (scene.at !== undefined && scene.at > places.length + 1) {
      throw new StoryreelError(
        'Project.Invalid',
        `A scene cannot be added at ${scene.at}: the film has ${places.length} scenes.`,
      );
    }
    places.splice((scene.at ?? places.length + 1) - 1, 0, scene);
  }
  if (places.length > MAX_SCENES) {
    throw new StoryreelError('Project.Invalid', `The film would have ${places.length} scenes; at most ${MAX_SCENES}.`);
  }
  if (present.length > 0 && places.length === 0) {
    throw new StoryreelError('Project.Invalid', 'The last scene cannot be removed: a film has at least one.');
  }
  return places;
}

export function noScene(number: number, present: readonly number[]): StoryreelError {
  const there = present.length === 0 ? 'There are no scenes yet.' : `There are scenes 1 to ${present.length}.`;
  return new StoryreelError('Project.Invalid', `There is no scene ${number}. ${there}`);
}

/**
 * Gives each scene its number. A scene that stays keeps its row, and with it its media. Its lanes get the new number
 * and a fence above every known one. An attempt that works on another scene under that number can then store nothing.
 * Returns the new scenes by their numbers.
 */
export async function placeScenes(
  editing: Editing,
  scenes: readonly Scene[],
  places: readonly Place[],
): Promise<ReadonlyMap<number, NewScene>> {
  const gone = scenes.filter(({ sequenceNumber }) => !places.includes(sequenceNumber));
  const added = new Map<number, NewScene>();
  const moved: Required<MovedScene>[] = [];
  places.forEach((place, i) => {
    if (typeof place !== 'number') return void added.set(i + 1, place);
    const scene = scenes.find(({ sequenceNumber }) => sequenceNumber === place);
    if (scene && place !== i + 1) moved.push({ id: scene.id, from: place, to: i + 1 });
  });
  const fence = fenceAboveAll(editing);
  const left = [...gone.map(({ sequenceNumber }) => sequenceNumber), ...moved.map(({ from }) => from)];
  supersedeAttempts(editing, left, fence);
  const lost = gone.map(({ id, sequenceNumber }) => ({ id, from: sequenceNumber }));
  await moveUsage(editing.manager, editing.projectId, [...lost, ...moved]);
  if (gone.length > 0) await removeScenes(editing, gone);
  if (moved.length > 0) await moveScenes(editing, moved, fence);
  if (added.size > 0) await addScenes(editing, added, fence);
  await readLanes(editing);
  const changed = [
    ...gone.map(({ sequenceNumber }) => `scene ${sequenceNumber} removed`),
    ...moved.map(({ from, to }) => `scene ${from} is ${to}`),
    ...[...added.keys()].map((number) => `scene ${number} added`),
  ];
  editing.changed.push(...changed);
  return added;
}

/** Rejects running attempts at scenes that are removed or moved now, instead of when they try to store their result. */
function supersedeAttempts({ lanes, superseded }: Editing, numbers: readonly number[], fence: number): void {
  for (const { lane, status, attempt, sequenceNumber } of lanes.values()) {
    if (status !== 'processing' || sequenceNumber === null || !numbers.includes(sequenceNumber)) continue;
    superseded.push({ lane, fence, attempt });
  }
}

async function removeScenes({ manager, projectId }: Editing, gone: readonly Scene[]): Promise<void> {
  const numbers = gone.map(({ sequenceNumber }) => sequenceNumber);
  await manager.delete(
    Scene,
    gone.map(({ id }) => id),
  );
  await manager.query('DELETE FROM lanes WHERE project_id = $1 AND sequence_number = ANY ($2::int[])', [
    projectId,
    numbers,
  ]);
}

/** In two steps, because two scenes that change places have the same number in between. */
async function moveScenes(
  { manager, projectId }: Editing,
  moved: readonly Required<MovedScene>[],
  fence: number,
): Promise<void> {
  const to = moved.map((move) => move.to);
  await manager.query(
    `UPDATE storyboards AS s SET sequence_number = -m.place, updated_at = now()
     FROM unnest($1::uuid[], $2::int[]) AS m (id, place) WHERE s.id = m.id`,
    [moved.map(({ id }) => id), to],
  );
  await manager.query(
    'UPDATE storyboards SET sequence_number = -sequence_number WHERE project_id = $1 AND sequence_number < 0',
    [projectId],
  );
  await manager.query(
    `UPDATE lanes AS l SET lane = l.stage || '/-' || m.place, sequence_number = m.place
     FROM unnest($2::int[], $3::int[]) AS m (number, place)
     WHERE l.project_id = $1 AND l.sequence_number = m.number`,
    [projectId, moved.map(({ from }) => from), to],
  );
  // An unfinished text does not move with its scene: it begins again.
  await manager.query(
    `UPDATE lanes SET lane = stage || '/' || sequence_number, fence = $2, edited_fence = $2, in_progress_input_hash = NULL,
       updated_at = now()
     WHERE project_id = $1 AND lane LIKE '%/-%'`,
    [projectId, fence],
  );
}

/**
 * Moves a scene's paid calls, with those in flight, to the new names of its lanes. A booking under a number is then not
 * taken for a call of the scene that has this number now. The calls of a removed scene get its id in place of a number.
 */
async function moveUsage(manager: EntityManager, projectId: ProjectId, scenes: readonly MovedScene[]): Promise<void> {
  const ids = scenes.map(({ id }) => id);
  // In two steps, because two scenes that change places have the same number in between.
  await manager.query(
    `UPDATE model_usage AS u SET lane = split_part(u.lane, '/', 1) || '/' || m.id
     FROM unnest($2::text[], $3::text[]) AS m (id, number)
     WHERE u.project_id = $1 AND split_part(u.lane, '/', 2) = m.number`,
    [projectId, ids, scenes.map(({ from }) => String(from))],
  );
  const moved = scenes.filter(({ to }) => to !== undefined);
  await manager.query(
    `UPDATE model_usage AS u SET lane = split_part(u.lane, '/', 1) || '/' || m.number
     FROM unnest($2::text[], $3::text[]) AS m (id, number)
     WHERE u.project_id = $1 AND split_part(u.lane, '/', 2) = m.id`,
    [projectId, moved.map(({ id }) => id), moved.map(({ to }) => String(to))],
  );
}

async function addScenes(
  { manager, projectId, lanes }: Editing,
  added: ReadonlyMap<number, NewScene>,
  fence: number,
): Promise<void> {
  const numbers = [...added.keys()];
  const there = [...lanes.values()].filter(({ sequenceNumber }) => sequenceNumber !== null);
  const ours = STAGES.filter(({ scope }) => scope === 'scene').map(({ name }) => name);
  const stages = new Set([...ours, ...there.map(({ stage }) => stage)]);
  await manager.insert(
    Scene,
    [...added].map(([sequenceNumber, scene]) => ({ projectId, sequenceNumber, ...columnsOf(scene) })),
  );
  const rows = [...stages].flatMap((stage) => numbers.map((n) => ({ lane: laneId(stage, n), stage, n })));
  await manager.query(
    `INSERT INTO lanes (project_id, lane, stage, sequence_number, fence, edited_fence)
     SELECT $1, *, $5::bigint, $5::bigint FROM unnest($2::text[], $3::text[], $4::int[])`,
    [projectId, rows.map(({ lane }) => lane), rows.map(({ stage }) => stage), rows.map(({ n }) => n), fence],
  );
}
