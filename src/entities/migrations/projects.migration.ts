import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Projects, their stages, and the lanes whose fences guard every write of a result. */
export class Projects1795478400001 implements MigrationInterface {
  readonly name = 'Projects1795478400001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE projects (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL,
        topic text NOT NULL,
        status text NOT NULL DEFAULT 'draft',
        owner text,
        settings jsonb NOT NULL DEFAULT '{}',
        run_id text,
        error jsonb,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        CONSTRAINT projects_status_check CHECK (status IN ('draft', 'queued', 'processing', 'completed', 'failed',
          'paused', 'needs_attention', 'awaiting_approval', 'cancelled'))
      )`);
    await runner.query(`
      CREATE TABLE project_stages (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        stage text NOT NULL,
        status text NOT NULL DEFAULT 'pending',
        text text,
        sha256 text,
        text_bytes integer,
        fence bigint NOT NULL DEFAULT 0,
        attempt integer NOT NULL DEFAULT 0,
        error jsonb,
        started_at timestamptz,
        finished_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT project_stages_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT project_stages_project_stage_key UNIQUE (project_id, stage),
        CONSTRAINT project_stages_status_check CHECK (status IN ('pending', 'processing', 'completed', 'failed',
          'skipped', 'paused', 'needs_attention', 'awaiting_approval', 'cancelled'))
      )`);
    await runner.query(`
      CREATE TABLE lanes (
        project_id uuid NOT NULL,
        lane text NOT NULL,
        stage text NOT NULL,
        sequence_number integer,
        status text NOT NULL DEFAULT 'pending',
        fence bigint NOT NULL DEFAULT 0,
        settled_fence bigint,
        input_hash text,
        attempted_hash text,
        result_hash text,
        announced_run_id text,
        attempt integer NOT NULL DEFAULT 0,
        error jsonb,
        started_at timestamptz,
        finished_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (project_id, lane),
        CONSTRAINT lanes_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT lanes_status_check CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'skipped',
          'paused', 'needs_attention', 'awaiting_approval', 'cancelled'))
      )`);
    await runner.query('CREATE INDEX lanes_project_status_idx ON lanes (project_id, status)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE lanes, project_stages, projects');
  }
}
