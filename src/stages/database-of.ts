import type { EntityManager } from 'typeorm';
import type { StageContext } from './definition';

/** A stage's access to the rows: all of TypeORM for ours, and SQL for those that a package brings. */
export function databaseOf(manager: EntityManager): Pick<StageContext, 'manager' | 'query'> {
  return { manager, query: (sql, parameters) => manager.query(sql, parameters) };
}
