import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People who are signed in at the page, and the links by which they sign in. */
export class Sessions1795880000000 implements MigrationInterface {
  readonly name = 'Sessions1795880000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sessions (
        id text PRIMARY KEY,
        sha256 text NOT NULL UNIQUE,
        key_id text REFERENCES api_keys (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE login_links (
        sha256 text PRIMARY KEY,
        expires_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE login_links');
    await runner.query('DROP TABLE sessions');
  }
}
