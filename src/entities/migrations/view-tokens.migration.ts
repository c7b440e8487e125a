import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens that show one project, and the sessions that begin with one. */
export class ViewTokens1795880000001 implements MigrationInterface {
  readonly name = 'ViewTokens1795880000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projects ADD COLUMN token_epoch int NOT NULL DEFAULT 0');
    await runner.query(`
      CREATE TABLE view_tokens (
        id text PRIMARY KEY,
        project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        name text,
        epoch int NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz
      )`);
    await runner.query('CREATE INDEX view_tokens_project_idx ON view_tokens (project_id)');
    await runner.query('ALTER TABLE sessions ADD COLUMN token_id text REFERENCES view_tokens (id) ON DELETE CASCADE');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN token_id');
    await runner.query('DROP TABLE view_tokens');
    await runner.query('ALTER TABLE projects DROP COLUMN token_epoch');
  }
}
