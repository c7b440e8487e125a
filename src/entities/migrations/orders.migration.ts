import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a provider honours a key, what of a clip was ordered, and jobs of which nobody knows whether they were taken. */
export class Orders1795862400015 implements MigrationInterface {
  readonly name = 'Orders1795862400015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE model_providers ADD COLUMN idempotency_key boolean NOT NULL DEFAULT false');
    await runner.query(`
      ALTER TABLE generated_videos
        ADD COLUMN ordered_seconds double precision,
        ADD COLUMN ordered_size text,
        DROP CONSTRAINT generated_videos_status_check,
        ADD CONSTRAINT generated_videos_status_check CHECK
          (status IN ('submitting', 'ambiguous_submit', 'submitted', 'completed', 'failed', 'cancelled'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE generated_videos SET status = 'failed' WHERE status = 'ambiguous_submit'`);
    await runner.query(`
      ALTER TABLE generated_videos
        DROP COLUMN ordered_seconds, DROP COLUMN ordered_size,
        DROP CONSTRAINT generated_videos_status_check,
        ADD CONSTRAINT generated_videos_status_check CHECK
          (status IN ('submitting', 'submitted', 'completed', 'failed', 'cancelled'))`);
    await runner.query('ALTER TABLE model_providers DROP COLUMN idempotency_key');
  }
}
