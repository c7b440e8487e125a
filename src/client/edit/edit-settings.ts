import { Project } from '../../entities';
import type { Changes } from './changes';
import type { Editing } from './editing';

/** Changes the language and the frame of a project. Returns the names of those that are different now. */
export async function editSettings(editing: Editing, { settings = {} }: Changes): Promise<string[]> {
  const { manager, project, projectId } = editing;
  const next = new Map(Object.entries(project.settings));
  const changed = (['language', 'frame'] as const).filter((name) => {
    const wanted = settings[name];
    if (wanted === undefined || wanted === (next.get(name) ?? null)) return false;
    if (wanted === null) next.delete(name);
    else next.set(name, wanted);
    return true;
  });
  if (changed.length === 0) return [];
  await manager.save(Project, { id: projectId, settings: Object.fromEntries(next) });
  editing.changed.push(...changed);
  return changed;
}
