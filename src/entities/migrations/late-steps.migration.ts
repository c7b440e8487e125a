import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A late step cannot write the status of a run, and an attempt that died before its first word takes no text away. */
export class LateSteps1796000000000 implements MigrationInterface {
  readonly name = 'LateSteps1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projects ADD COLUMN status_fence bigint NOT NULL DEFAULT 0');
    await runner.query('ALTER TABLE lanes ADD COLUMN begun_fence bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lanes DROP COLUMN begun_fence');
    await runner.query('ALTER TABLE projects DROP COLUMN status_fence');
  }
}
