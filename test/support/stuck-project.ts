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

/** From now on no run of this project can store that it is completed, until what this gives is called. */
export async function holdEnd(dataSource: DataSource, projectId: ProjectId): Promise<() => Promise<void>> {
  await dataSource.query(
    `CREATE OR REPLACE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql
     AS $$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('held:' || NEW.id::text, 0)); RETURN NEW; END $$`,
  );
  const name = `held_${projectId.replaceAll('-', '_')}`;
  await dataSource.query(
    `CREATE TRIGGER ${name} BEFORE UPDATE ON projects FOR EACH ROW
     WHEN (NEW.id = '${projectId}' AND NEW.status = 'completed') EXECUTE FUNCTION wait_for_test()`,
  );
  const holder = dataSource.createQueryRunner();
  const key = `hashtextextended('held:${projectId}', 0)`;
  await holder.query(`SELECT pg_advisory_lock(${key})`);
  return async () => {
    await holder.query(`SELECT pg_advisory_unlock(${key})`);
    await holder.release();
    await dataSource.query(`DROP TRIGGER ${name} ON projects`);
  };
}
