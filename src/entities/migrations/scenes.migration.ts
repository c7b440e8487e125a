import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The scenes of a project, what is made for each, and the film that is made from all. */
export class Scenes1795478400002 implements MigrationInterface {
  readonly name = 'Scenes1795478400002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE storyboards (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        sequence_number integer NOT NULL,
        narration text NOT NULL,
        visual_prompt text NOT NULL,
        shot_type text NOT NULL,
        duration_seconds double precision NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT storyboards_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT storyboards_project_sequence_key UNIQUE (project_id, sequence_number)
      )`);
    await runner.query(`
      CREATE TABLE generated_images (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        scene_id uuid NOT NULL,
        sha256 text NOT NULL,
        media_type text NOT NULL,
        bytes integer NOT NULL,
        width integer NOT NULL,
        height integer NOT NULL,
        prompt text NOT NULL,
        model text NOT NULL,
        input_hash text NOT NULL,
        fence bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT generated_images_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT generated_images_scene_fkey FOREIGN KEY (scene_id) REFERENCES storyboards (id) ON DELETE CASCADE,
        CONSTRAINT generated_images_scene_key UNIQUE (scene_id)
      )`);
    await runner.query('CREATE INDEX generated_images_project_idx ON generated_images (project_id)');
    await runner.query(`
      CREATE TABLE camera_movements (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        scene_id uuid NOT NULL,
        movement text NOT NULL,
        speed text NOT NULL,
        reason text,
        text text NOT NULL,
        sha256 text NOT NULL,
        text_bytes integer NOT NULL,
        input_hash text NOT NULL,
        fence bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT camera_movements_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT camera_movements_scene_fkey FOREIGN KEY (scene_id) REFERENCES storyboards (id) ON DELETE CASCADE,
        CONSTRAINT camera_movements_scene_key UNIQUE (scene_id),
        CONSTRAINT camera_movements_movement_check CHECK (movement IN ('static', 'zoom_in', 'zoom_out', 'pan_left',
          'pan_right', 'tilt_up', 'tilt_down', 'dolly_in', 'dolly_out')),
        CONSTRAINT camera_movements_speed_check CHECK (speed IN ('slow', 'medium', 'fast'))
      )`);
    await runner.query('CREATE INDEX camera_movements_project_idx ON camera_movements (project_id)');
    await runner.query(`
      CREATE TABLE generated_videos (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        scene_id uuid NOT NULL,
        status text NOT NULL,
        input_hash text NOT NULL,
        submission integer NOT NULL DEFAULT 1,
        idempotency_key text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        provider_job_id text,
        sha256 text,
        media_type text,
        bytes integer,
        duration_seconds double precision,
        fence bigint NOT NULL,
        submitted_at timestamptz,
        completed_at timestamptz,
        error jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT generated_videos_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT generated_videos_scene_fkey FOREIGN KEY (scene_id) REFERENCES storyboards (id) ON DELETE CASCADE,
        CONSTRAINT generated_videos_scene_key UNIQUE (scene_id),
        CONSTRAINT generated_videos_status_check CHECK (status IN ('submitting', 'submitted', 'completed', 'failed',
          'cancelled'))
      )`);
    await runner.query('CREATE INDEX generated_videos_project_idx ON generated_videos (project_id)');
    await runner.query(`
      CREATE TABLE films (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        sha256 text NOT NULL,
        media_type text NOT NULL,
        bytes bigint NOT NULL,
        duration_seconds double precision NOT NULL,
        width integer NOT NULL,
        height integer NOT NULL,
        scene_count integer NOT NULL,
        input_hash text NOT NULL,
        fence bigint NOT NULL,
        path text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT films_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT films_project_key UNIQUE (project_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE films, generated_videos, camera_movements, generated_images, storyboards');
  }
}
