import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit has every action, not only those over HTTP; an entry is there before its action, and ends once. */
export class AuditOfActions1795896000000 implements MigrationInterface {
  readonly name = 'AuditOfActions1795896000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER audit_append_only ON audit');
    await runner.query(
      'ALTER TABLE audit ADD COLUMN "by" text, ADD COLUMN subject text, ADD COLUMN ended_at timestamptz',
    );
    await runner.query('UPDATE audit SET ended_at = at');
    await runner.query('CREATE INDEX audit_project ON audit (project, id)');
    await runner.query(`
      CREATE FUNCTION audit_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.ended_at IS NOT NULL
          OR (NEW.id, NEW.at, NEW.owner, NEW.credential, NEW.action, NEW."by", NEW.version_before, NEW.request_id)
            IS DISTINCT FROM
            (OLD.id, OLD.at, OLD.owner, OLD.credential, OLD.action, OLD."by", OLD.version_before, OLD.request_id)
        THEN RAISE EXCEPTION 'rows of audit are only added';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER audit_ends_once BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_ends_once()`);
    await runner.query(`
      CREATE TRIGGER audit_append_only BEFORE DELETE OR TRUNCATE ON audit
      FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER audit_ends_once ON audit');
    await runner.query('DROP FUNCTION audit_ends_once()');
    await runner.query('DROP TRIGGER audit_append_only ON audit');
    await runner.query('DROP INDEX audit_project');
    await runner.query('ALTER TABLE audit DROP COLUMN "by", DROP COLUMN subject, DROP COLUMN ended_at');
    await runner.query(`
      CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
      FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()`);
  }
}
