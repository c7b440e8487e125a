import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every paid call cost, of any kind and while it is under way, whether it was of use, and what a project may cost. */
export class Costs1795478400614 implements MigrationInterface {
  readonly name = 'Costs1795478400614';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projects ADD COLUMN budget double precision');
    await runner.query(`
      ALTER TABLE model_usage
        ADD COLUMN unit text NOT NULL DEFAULT 'token',
        ADD COLUMN units double precision,
        ADD COLUMN outcome text NOT NULL DEFAULT 'useful',
        ADD COLUMN reserved double precision,
        ADD COLUMN wasted_cost double precision NOT NULL DEFAULT 0,
        ADD COLUMN call_key text,
        ADD COLUMN continues bigint,
        ADD CONSTRAINT model_usage_unit_check CHECK (unit IN ('token', 'image', 'second')),
        ADD CONSTRAINT model_usage_outcome_check CHECK (outcome IN ('open', 'useful', 'wasted'))`);
    // Of an attempt whose text was thrown away, the prompt was paid for nothing, too.
    await runner.query(`
      UPDATE model_usage
      SET outcome = 'wasted', wasted_tokens = input_tokens + output_tokens, wasted_cost = coalesce(cost, 0)
      WHERE wasted_tokens > 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE model_usage
        DROP COLUMN unit, DROP COLUMN units, DROP COLUMN outcome, DROP COLUMN reserved, DROP COLUMN wasted_cost,
        DROP COLUMN call_key, DROP COLUMN continues`);
    await runner.query('ALTER TABLE projects DROP COLUMN budget');
  }
}
