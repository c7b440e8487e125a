import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a person found wrong with a lane's result, for the next attempt at it. */
export class Feedback1795478400600 implements MigrationInterface {
  readonly name = 'Feedback1795478400600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE lanes ADD COLUMN feedback jsonb NOT NULL DEFAULT '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lanes DROP COLUMN feedback');
  }
}
