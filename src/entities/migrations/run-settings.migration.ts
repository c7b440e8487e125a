import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The settings that a run was opened with, and those that the next one would be opened with. */
export class RunSettings1795857600000 implements MigrationInterface {
  readonly name = 'RunSettings1795857600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projects ADD COLUMN run_settings jsonb');
    await runner.query(`
      CREATE TABLE worker_settings (
        task_queue text PRIMARY KEY,
        settings jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE worker_settings');
    await runner.query('ALTER TABLE projects DROP COLUMN run_settings');
  }
}
