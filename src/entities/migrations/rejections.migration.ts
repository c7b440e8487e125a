import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A rejection is made exactly once, also after Temporal's clock was set back. */
export class Rejections1796030000000 implements MigrationInterface {
  readonly name = 'Rejections1796030000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE project_stages ADD COLUMN rejected_by text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE project_stages DROP COLUMN rejected_by');
  }
}
