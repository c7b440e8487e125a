import { StoryreelError, type LaneId, type ProjectId } from '../../protocol';
import { explainProject, type ExplainOptions } from './explain-project';
import { handWrittenLanes } from '../edit/hand-written';
import type { PlanSource } from '../../planning';

const MAX_NAMED = 5;

/** The lanes in which such a run would, or may, replace a person's texts. Throws as `explainProject` does. */
export async function editsAtStake(
  source: PlanSource,
  projectId: ProjectId,
  options: ExplainOptions,
): Promise<LaneId[]> {
  // Most projects contain no text of a person and need no explanation.
  if ((await handWrittenLanes(source.dataSource.manager, projectId)).size === 0) return [];
  const { lanes } = await explainProject(source, projectId, options);
  return lanes.filter(({ replaces }) => replaces).map(({ lane }) => lane);
}

/** The error of a run or a batch that would replace a person's texts without `replaceEdits`. */
export function wouldReplace(
  who: string,
  found: readonly { readonly projectId: ProjectId; readonly lanes: readonly LaneId[] }[],
): StoryreelError {
  const texts = found.flatMap(({ projectId, lanes }) =>
    lanes.map((lane) => (who === 'run' ? lane : `${projectId} ${lane}`)),
  );
  const more = texts.length > MAX_NAMED ? ` and ${texts.length - MAX_NAMED} more` : '';
  const id = found[0]?.projectId ?? '';
  return new StoryreelError(
    'Project.WouldReplaceEdits',
    `The ${who} would replace what a person has written: ${texts.slice(0, MAX_NAMED).join(', ')}${more}. ` +
      `"storyreel explain ${id}" states why. Start it with --replace-edits (replaceEdits: true) if that is wanted.`,
  );
}
