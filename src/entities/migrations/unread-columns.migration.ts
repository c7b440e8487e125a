import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Drops columns that no program reads, and a way to continue a text that no adapter has. */
export class UnreadColumns1795892400016 implements MigrationInterface {
  readonly name = 'UnreadColumns1795892400016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE model_providers DROP COLUMN requests_per_minute, DROP COLUMN concurrency');
    await runner.query(`UPDATE model_providers SET continuation = 'none' WHERE continuation = 'reattach'`);
    await continuations(runner, ['none', 'prefill']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await continuations(runner, ['none', 'prefill', 'reattach']);
    await runner.query(
      'ALTER TABLE model_providers ADD COLUMN requests_per_minute integer, ADD COLUMN concurrency integer',
    );
  }
}

async function continuations(runner: QueryRunner, allowed: readonly string[]): Promise<void> {
  const words = allowed.map((word) => `'${word}'`).join(', ');
  await runner.query(`ALTER TABLE model_providers DROP CONSTRAINT model_providers_continuation_check`);
  await runner.query(
    `ALTER TABLE model_providers ADD CONSTRAINT model_providers_continuation_check CHECK (continuation IN (${words}))`,
  );
}
