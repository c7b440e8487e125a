import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The models that can be asked, the prompts they are asked with, and what each call cost. */
export class Models1795478400003 implements MigrationInterface {
  readonly name = 'Models1795478400003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE model_providers (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL,
        kind text NOT NULL,
        adapter text NOT NULL DEFAULT 'openai',
        base_url text NOT NULL,
        model text NOT NULL,
        api_key_from text,
        weight integer NOT NULL DEFAULT 1,
        priority integer NOT NULL DEFAULT 100,
        requests_per_minute integer,
        concurrency integer,
        prices jsonb,
        continuation text NOT NULL DEFAULT 'none',
        json_schema boolean NOT NULL DEFAULT true,
        settings jsonb NOT NULL DEFAULT '{}',
        enabled boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT model_providers_name_key UNIQUE (name),
        CONSTRAINT model_providers_kind_check CHECK (kind IN ('text', 'image', 'video')),
        CONSTRAINT model_providers_continuation_check CHECK (continuation IN ('none', 'prefill', 'reattach'))
      )`);
    await runner.query(`
      CREATE TABLE prompt_templates (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        stage text NOT NULL,
        version integer NOT NULL,
        system text NOT NULL,
        "user" text NOT NULL,
        active boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT prompt_templates_stage_version_key UNIQUE (stage, version)
      )`);
    await runner.query('CREATE UNIQUE INDEX prompt_templates_one_active_idx ON prompt_templates (stage) WHERE active');
    await runner.query(`
      CREATE TABLE model_usage (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        project_id uuid NOT NULL,
        lane text NOT NULL,
        fence bigint NOT NULL,
        attempt integer NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        input_tokens integer NOT NULL,
        output_tokens integer NOT NULL,
        wasted_tokens integer NOT NULL DEFAULT 0,
        cost double precision,
        estimated boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT model_usage_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT model_usage_call_key UNIQUE (project_id, lane, fence, attempt)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE model_usage, prompt_templates, model_providers');
  }
}
