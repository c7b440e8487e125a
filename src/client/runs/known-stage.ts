import { ProjectStage } from '../../entities';
import { knownStages, type PlanSource } from '../../planning';
import { checkStages, isBuiltIn, laneParts, type ProjectId } from '../../protocol';

/** Throws `Stage.Unknown` if a message names a stage that neither we, nor the workers, nor the project has. */
export async function mustKnow(source: PlanSource, projectId: ProjectId, message: object): Promise<void> {
  const { lane, gate } = message as { readonly lane?: string; readonly gate?: string };
  const named = [lane, gate].flatMap((name) => (name === undefined ? [] : [laneParts(name)?.stage ?? name]));
  if (named.every(isBuiltIn)) return;
  const rows = await source.dataSource.manager.findBy(ProjectStage, { projectId });
  const names = new Set([...(await knownStages(source)).map(({ name }) => name), ...rows.map(({ stage }) => stage)]);
  checkStages(
    [...names].map((name) => ({ name })),
    named,
  );
}
