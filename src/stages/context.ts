import type { EntityManager } from 'typeorm';
import type { Scene } from '../entities';
import { StoryreelError } from '../protocol';
import type { StageContext } from './definition';

/** The scene that a per-scene stage works on. The storyboard may have lost it since the lane was planned. */
export function sceneOf({ scene }: StageContext): Scene {
  if (!scene) throw new StoryreelError('Project.Invalid', 'The storyboard has no scene of this number any more.');
  return scene;
}

/** A stage's access to the rows: all of TypeORM for ours, and SQL for those that a package brings. */
export function databaseOf(manager: EntityManager): Pick<StageContext, 'manager' | 'query'> {
  return { manager, query: (sql, parameters) => manager.query(sql, parameters) };
}
