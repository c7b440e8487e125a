import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How runs have ended, one row for each end, for backends that follow all projects. */
export class Outcomes1795890000000 implements MigrationInterface {
  readonly name = 'Outcomes1795890000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outcomes (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        position bigint,
        project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        execution text NOT NULL,
        run_id text,
        owner text,
        batch_id text,
        status text NOT NULL CONSTRAINT outcomes_status_check CHECK (status IN ('completed', 'failed', 'cancelled')),
        error jsonb,
        ended_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE UNIQUE INDEX outcomes_position_key ON outcomes (position)');
    await runner.query('CREATE UNIQUE INDEX outcomes_execution_key ON outcomes (project_id, execution)');
    await runner.query('CREATE INDEX outcomes_ended_idx ON outcomes (ended_at)');
    await runner.query('CREATE INDEX outcomes_without_position_idx ON outcomes (id) WHERE position IS NULL');
    await runner.query(`
      CREATE TABLE outcome_positions (
        name text PRIMARY KEY,
        last bigint NOT NULL DEFAULT 0,
        removed bigint NOT NULL DEFAULT 0
      )`);
    await runner.query(`INSERT INTO outcome_positions (name) VALUES ('outcomes')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outcome_positions');
    await runner.query('DROP TABLE outcomes');
  }
}
