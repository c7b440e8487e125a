import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Table, old name, new name. */
const RENAMED = [
  ['lanes', 'accepted', 'accepts_inputs'],
  ['lanes', 'attempted_hash', 'in_progress_input_hash'],
  ['model_usage', 'call_key', 'idempotency_key'],
  ['model_usage', 'continues', 'continues_fence'],
  ['text_edits', 'begun', 'partial_text'],
  ['text_edits', 'departs_at', 'common_prefix_bytes'],
  ['text_edits', 'replaced', 'previous_text'],
] as const;

/** Gives columns names that state what they hold. Rows, defaults and indexes stay; calls under way stay under way. */
export class PlainColumns1795895000000 implements MigrationInterface {
  readonly name = 'PlainColumns1795895000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, before, after] of RENAMED) await rename(runner, table, before, after);
    await renameOutcome(runner, 'open', 'in_flight');
  }

  async down(runner: QueryRunner): Promise<void> {
    await renameOutcome(runner, 'in_flight', 'open');
    for (const [table, before, after] of RENAMED) await rename(runner, table, after, before);
  }
}

async function rename(runner: QueryRunner, table: string, before: string, after: string): Promise<void> {
  await runner.query(`ALTER TABLE ${table} RENAME COLUMN ${before} TO ${after}`);
}

/** A call that is under way has no outcome yet. */
async function renameOutcome(runner: QueryRunner, before: string, after: string): Promise<void> {
  await runner.query('ALTER TABLE model_usage DROP CONSTRAINT model_usage_outcome_check');
  await runner.query(`UPDATE model_usage SET outcome = '${after}' WHERE outcome = '${before}'`);
  await runner.query(`ALTER TABLE model_usage
    ADD CONSTRAINT model_usage_outcome_check CHECK (outcome IN ('${after}', 'useful', 'wasted'))`);
}
