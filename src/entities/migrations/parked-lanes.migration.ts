import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every scrape of the metrics asks which lanes wait for a person: few among many. */
export class ParkedLanes1795863600000 implements MigrationInterface {
  readonly name = 'ParkedLanes1795863600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX lanes_parked_idx ON lanes (stage, finished_at) WHERE status = 'needs_attention'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX lanes_parked_idx');
  }
}
