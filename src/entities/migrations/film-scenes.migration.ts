import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which scenes a film shows by their image, and which it does without. */
export class FilmScenes1795478400604 implements MigrationInterface {
  readonly name = 'FilmScenes1795478400604';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE films
        ADD COLUMN stills integer[] NOT NULL DEFAULT '{}',
        ADD COLUMN missing_scenes integer[] NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE films DROP COLUMN stills, DROP COLUMN missing_scenes');
  }
}
