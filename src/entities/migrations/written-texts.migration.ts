import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which settled texts are a person's own, also after a run has used them again and when their scenes have moved. */
export class WrittenTexts1795478400640 implements MigrationInterface {
  readonly name = 'WrittenTexts1795478400640';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lanes ADD COLUMN written_fence bigint');
    await runner.query(`
      UPDATE lanes AS l SET written_fence = settled_fence
      WHERE settled_fence = edited_fence OR accepted OR EXISTS (
        SELECT 1 FROM text_edits AS e
        WHERE e.project_id = l.project_id AND split_part(e.lane, '/', 1) = l.stage AND e.begun IS NULL
          AND e.fence_after = l.settled_fence AND e.sha256_after = l.result_hash)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lanes DROP COLUMN written_fence');
  }
}
