import type { DataSource } from 'typeorm';
import type { ProjectId } from '../../src/protocol';

/** From now on nothing can change this project's row. Gives what ends that. */
export async function stick(dataSource: DataSource, projectId: ProjectId): Promise<() => Promise<void>> {
  await dataSource.query(
    `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
     AS $$ BEGIN RAISE EXCEPTION 'this row is stuck'; END $$`,
  );
  await dataSource.query(
    `CREATE TRIGGER stuck BEFORE UPDATE ON projects FOR EACH ROW WHEN (OLD.id = '${projectId}') EXECUTE FUNCTION refuse()`,
  );
  return async () => void (await dataSource.query('DROP TRIGGER stuck ON projects'));
}
