import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What serves: component versions, releases made of them, and the activation of each model. */
export class Releases1795219200001 implements MigrationInterface {
  readonly name = 'Releases1795219200001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.component_version (
        sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        kind text NOT NULL CHECK (kind IN ('backbone', 'tokenizer', 'router', 'expert')),
        size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
        created_at timestamptz NOT NULL
      );
      -- number stands for the release in hot rows, where 64 characters would weigh too much.
      CREATE TABLE signalbox.release (
        id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
        number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
        model text NOT NULL,
        manifest jsonb NOT NULL,
        imported_from text NOT NULL,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX release_by_model ON signalbox.release (model, created_at DESC);
      CREATE TABLE signalbox.release_component (
        release_id text NOT NULL REFERENCES signalbox.release (id),
        component text NOT NULL,
        sha256 text NOT NULL REFERENCES signalbox.component_version (sha256),
        PRIMARY KEY (release_id, component)
      );
      CREATE INDEX release_component_by_version ON signalbox.release_component (sha256);
      CREATE TABLE signalbox.activation (
        model text PRIMARY KEY,
        stable_release text NOT NULL REFERENCES signalbox.release (id),
        previous_release text REFERENCES signalbox.release (id),
        generation integer NOT NULL CHECK (generation >= 1),
        updated_at timestamptz NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.activation;
      DROP TABLE signalbox.release_component;
      DROP TABLE signalbox.release;
      DROP TABLE signalbox.component_version;
    `);
  }
}
