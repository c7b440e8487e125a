import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which batch a project was last put into, and where in its order. */
export class Batches1795478400603 implements MigrationInterface {
  readonly name = 'Batches1795478400603';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projects ADD COLUMN batch_id text, ADD COLUMN batch_position integer');
    await runner.query('CREATE UNIQUE INDEX projects_batch_position_key ON projects (batch_id, batch_position)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX projects_batch_position_key');
    await runner.query('ALTER TABLE projects DROP COLUMN batch_id, DROP COLUMN batch_position');
  }
}
