import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Results of stages that packages bring, and which stages and adapters the workers of a task queue have. */
export class OutsideStages1795893000000 implements MigrationInterface {
  readonly name = 'OutsideStages1795893000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE stage_results (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        stage text NOT NULL,
        scene_id uuid,
        text text,
        sha256 text NOT NULL,
        bytes integer NOT NULL,
        media_type text,
        width integer,
        height integer,
        model text NOT NULL,
        input_hash text NOT NULL,
        fence bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT stage_results_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT stage_results_scene_fkey FOREIGN KEY (scene_id) REFERENCES storyboards (id) ON DELETE CASCADE,
        CONSTRAINT stage_results_scene_key UNIQUE (scene_id, stage)
      )`);
    await runner.query('CREATE INDEX stage_results_sha256_idx ON stage_results (sha256)');
    await runner.query('CREATE INDEX stage_results_project_idx ON stage_results (project_id)');
    await runner.query(
      'CREATE UNIQUE INDEX stage_results_project_key ON stage_results (project_id, stage) WHERE scene_id IS NULL',
    );
    await runner.query(`
      ALTER TABLE generated_videos
        ADD COLUMN stage text NOT NULL DEFAULT 'video_generation',
        ALTER COLUMN scene_id DROP NOT NULL,
        DROP CONSTRAINT generated_videos_scene_key,
        ADD CONSTRAINT generated_videos_scene_key UNIQUE (scene_id, stage)`);
    await runner.query(
      'CREATE UNIQUE INDEX generated_videos_project_key ON generated_videos (project_id, stage) WHERE scene_id IS NULL',
    );
    await runner.query('ALTER TABLE worker_settings ADD COLUMN serves jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE worker_settings DROP COLUMN serves');
    await runner.query('DROP INDEX generated_videos_project_key');
    await runner.query(`DELETE FROM generated_videos WHERE stage <> 'video_generation'`);
    await runner.query(`
      ALTER TABLE generated_videos
        DROP CONSTRAINT generated_videos_scene_key,
        ADD CONSTRAINT generated_videos_scene_key UNIQUE (scene_id),
        ALTER COLUMN scene_id SET NOT NULL,
        DROP COLUMN stage`);
    await runner.query('DROP TABLE stage_results');
  }
}
