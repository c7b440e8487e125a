import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who has changed what over HTTP. */
export class Audit1795880000002 implements MigrationInterface {
  readonly name = 'Audit1795880000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        owner text,
        credential text,
        action text NOT NULL,
        project text,
        lane text,
        version_before int,
        version_after int,
        status int NOT NULL,
        code text,
        request_id text NOT NULL
      )`);
    await runner.query(`
      CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'rows of audit are only added'; END $$`);
    await runner.query(`
      CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
      FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit');
    await runner.query('DROP FUNCTION audit_is_append_only()');
  }
}
