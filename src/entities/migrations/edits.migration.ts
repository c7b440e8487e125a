import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people change by hand: which results they have accepted, what each result was made from, and the texts that went. */
export class Edits1795478400602 implements MigrationInterface {
  readonly name = 'Edits1795478400602';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE lanes
        ADD COLUMN inputs jsonb,
        ADD COLUMN accepted boolean NOT NULL DEFAULT false,
        ADD COLUMN edited_fence bigint`);
    await runner.query(`
      CREATE TABLE text_edits (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        lane text NOT NULL,
        version integer NOT NULL,
        "by" text,
        fence_before bigint NOT NULL,
        fence_after bigint NOT NULL,
        departs_at integer NOT NULL,
        sha256_before text NOT NULL,
        sha256_after text NOT NULL,
        replaced text NOT NULL,
        begun text,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT text_edits_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT text_edits_fence_key UNIQUE (project_id, lane, fence_after)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE text_edits');
    await runner.query('ALTER TABLE lanes DROP COLUMN inputs, DROP COLUMN accepted, DROP COLUMN edited_fence');
  }
}
