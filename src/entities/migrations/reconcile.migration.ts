import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the reconciler looks for, and a fence that keeps out the late steps of a run that another one has followed. */
export class Reconcile1795478400605 implements MigrationInterface {
  readonly name = 'Reconcile1795478400605';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projects ADD COLUMN run_fence bigint NOT NULL DEFAULT 0');
    await runner.query('CREATE INDEX projects_status_idx ON projects (status, updated_at)');
    for (const table of ['generated_images', 'generated_videos', 'films']) {
      await runner.query(`CREATE INDEX ${table}_sha256_idx ON ${table} (sha256)`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['generated_images', 'generated_videos', 'films']) {
      await runner.query(`DROP INDEX ${table}_sha256_idx`);
    }
    await runner.query('DROP INDEX projects_status_idx');
    await runner.query('ALTER TABLE projects DROP COLUMN run_fence');
  }
}
