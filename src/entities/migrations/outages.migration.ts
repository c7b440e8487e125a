import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the attempt at a lane waits for, where an outage has stopped it. */
export class Outages1795856400013 implements MigrationInterface {
  readonly name = 'Outages1795856400013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lanes ADD COLUMN waits_for jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lanes DROP COLUMN waits_for');
  }
}
