import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of the HTTP gateway. */
export class ApiKeys1795873837591 implements MigrationInterface {
  readonly name = 'ApiKeys1795873837591';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_keys (
        id text PRIMARY KEY,
        sha256 text NOT NULL,
        name text NOT NULL,
        owner text,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_keys');
  }
}
