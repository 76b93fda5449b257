import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Datasets, suites, runs of evaluations, and the parts that their steps have measured. */
export class Evaluations1795219200028 implements MigrationInterface {
  readonly name = 'Evaluations1795219200028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.evaluation_dataset (
        sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        -- JSON Lines, as given.
        content bytea NOT NULL,
        items integer NOT NULL CHECK (items > 0),
        bytes integer NOT NULL CHECK (bytes > 0),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz NOT NULL
      );
      CREATE INDEX evaluation_dataset_listed ON signalbox.evaluation_dataset (created_at DESC, sha256 DESC);

      CREATE TABLE signalbox.evaluation_suite (
        -- Of the content.
        digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
        name text NOT NULL,
        -- Canonical JSON. Text, as jsonb would not give the same bytes back.
        content text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz NOT NULL
      );
      CREATE INDEX evaluation_suite_listed ON signalbox.evaluation_suite (created_at DESC, digest DESC);
      CREATE INDEX evaluation_suite_named ON signalbox.evaluation_suite (name, created_at DESC);
      CREATE TABLE signalbox.evaluation_suite_dataset (
        suite text NOT NULL REFERENCES signalbox.evaluation_suite (digest),
        -- No foreign key: a dataset may be gone while its suite still says what a result was of.
        dataset text NOT NULL,
        PRIMARY KEY (suite, dataset)
      );
      CREATE INDEX evaluation_suite_dataset_named ON signalbox.evaluation_suite_dataset (dataset);

      CREATE TABLE signalbox.evaluation_run (
        id uuid PRIMARY KEY,
        -- Canonical JSON, and its SHA-256.
        spec text NOT NULL,
        spec_digest text NOT NULL,
        kind text NOT NULL,
        candidate text NOT NULL,
        reference text,
        suite text NOT NULL REFERENCES signalbox.evaluation_suite (digest),
        state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        requested_by text NOT NULL,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        finished_at timestamptz,
        -- Null until it is planned.
        steps integer,
        steps_done integer NOT NULL DEFAULT 0,
        steps_measured integer NOT NULL DEFAULT 0,
        rows bigint NOT NULL DEFAULT 0,
        label text,
        attempt integer NOT NULL DEFAULT 0,
        failures integer NOT NULL DEFAULT 0,
        not_before timestamptz,
        holder integer,
        heartbeat_at timestamptz,
        error text,
        result text,
        result_digest text,
        measured text,
        CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
        CHECK ((result IS NOT NULL) = (state = 'succeeded')),
        CHECK ((result IS NULL) = (result_digest IS NULL))
      );
      COMMENT ON COLUMN signalbox.evaluation_run.attempt IS 'Counts how often a process took it up: with the holder, what a process must show to write.';
      COMMENT ON COLUMN signalbox.evaluation_run.failures IS 'In a row, without a step kept between them.';
      COMMENT ON COLUMN signalbox.evaluation_run.holder IS 'Number under which the process that has it holds an advisory lock while it lives.';
      COMMENT ON COLUMN signalbox.evaluation_run.rows IS 'Tokens run through all layers for it.';
      CREATE INDEX evaluation_run_listed ON signalbox.evaluation_run (created_at DESC, id DESC);
      CREATE INDEX evaluation_run_candidate ON signalbox.evaluation_run (candidate, created_at DESC, id DESC);
      CREATE INDEX evaluation_run_reference ON signalbox.evaluation_run (reference, created_at DESC, id DESC) WHERE reference IS NOT NULL;
      CREATE INDEX evaluation_run_suite ON signalbox.evaluation_run (suite, created_at DESC, id DESC);
      CREATE INDEX evaluation_run_open ON signalbox.evaluation_run (created_at, id) WHERE state IN ('queued', 'running');

      CREATE TABLE signalbox.evaluation_part (
        -- SHA-256 of what the part depends on, as canonical JSON.
        key text PRIMARY KEY CHECK (key ~ '^[0-9a-f]{64}$'),
        part text NOT NULL,
        rows bigint NOT NULL,
        bytes integer NOT NULL,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz NOT NULL
      );
      CREATE INDEX evaluation_part_unused ON signalbox.evaluation_part (last_used_at);

      ALTER TABLE signalbox.change_evidence ADD COLUMN outcome text CHECK (outcome IN ('pass', 'fail', 'inconclusive'));
      COMMENT ON COLUMN signalbox.change_evidence.outcome IS 'Verdict of the evaluation that it is the result of; null where it is none.';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.change_evidence DROP COLUMN outcome;
      DROP TABLE signalbox.evaluation_part;
      DROP TABLE signalbox.evaluation_run;
      DROP TABLE signalbox.evaluation_suite_dataset;
      DROP TABLE signalbox.evaluation_suite;
      DROP TABLE signalbox.evaluation_dataset;
    `);
  }
}
