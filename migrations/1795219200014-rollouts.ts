import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Rollout plans, their steps and verdicts, and what shadows and feedback told. */
export class Rollouts1795219200014 implements MigrationInterface {
  readonly name = 'Rollouts1795219200014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.rollout (
        id uuid PRIMARY KEY,
        model text NOT NULL,
        candidate text NOT NULL REFERENCES signalbox.release (id),
        stable text NOT NULL REFERENCES signalbox.release (id),
        plan jsonb NOT NULL,
        cause text NOT NULL CHECK (cause IN ('direct', 'approved-change', 'approved-rollout')),
        change_id text,
        -- {accountId, name}
        started_by jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('running', 'paused', 'completed', 'failed', 'aborted', 'superseded')),
        reason text NOT NULL,
        step integer NOT NULL CHECK (step >= 0),
        -- When the step began, or was resumed.
        step_started_at timestamptz NOT NULL,
        -- Experts that the candidate changes: [{name, layer, index}].
        changed_experts jsonb NOT NULL,
        -- Running state of the sequential tests: with rollout_seen, what makes them go on where they were.
        evidence jsonb NOT NULL,
        -- Of the activation as the rollout left it.
        activation_generation integer NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        ended_at timestamptz
      );
      CREATE UNIQUE INDEX rollout_under_way ON signalbox.rollout (model) WHERE ended_at IS NULL;
      CREATE INDEX rollout_by_time ON signalbox.rollout (created_at DESC, id DESC);

      CREATE TABLE signalbox.rollout_step (
        rollout_id uuid NOT NULL REFERENCES signalbox.rollout (id),
        step integer NOT NULL,
        share double precision NOT NULL,
        state text NOT NULL CHECK (state IN ('running', 'passed', 'failed', 'stopped')),
        started_at timestamptz NOT NULL,
        ended_at timestamptz,
        -- The figures that its end was decided by.
        evidence jsonb,
        PRIMARY KEY (rollout_id, step)
      );

      CREATE TABLE signalbox.rollout_verdict (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rollout_id uuid NOT NULL REFERENCES signalbox.rollout (id),
        step integer NOT NULL,
        at timestamptz NOT NULL,
        verdict text NOT NULL CHECK (verdict IN ('wait', 'continue', 'complete', 'fail', 'pause', 'end')),
        reason text NOT NULL,
        guard text,
        figures jsonb NOT NULL
      );
      CREATE INDEX rollout_verdict_by_rollout ON signalbox.rollout_verdict (rollout_id, id DESC);
      CREATE FUNCTION signalbox.refuse_verdict_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'rollout verdicts are append-only: % is refused', TG_OP;
      END $$;
      CREATE TRIGGER rollout_verdict_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.rollout_verdict
        FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_verdict_change();

      -- What the tests of a rollout have taken in lately, so that nothing counts twice.
      CREATE TABLE signalbox.rollout_seen (
        rollout_id uuid NOT NULL REFERENCES signalbox.rollout (id),
        kind smallint NOT NULL,
        request_id uuid NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (rollout_id, kind, request_id)
      );
      CREATE INDEX rollout_seen_by_time ON signalbox.rollout_seen (rollout_id, kind, at);

      -- One request that ran on the stable release and on a shadow of it.
      CREATE TABLE signalbox.shadow_comparison (
        shadow text NOT NULL,
        request_id uuid NOT NULL,
        stable text NOT NULL,
        model text NOT NULL,
        at timestamptz NOT NULL,
        tokens integer NOT NULL CHECK (tokens >= 0),
        mean_log_likelihood_difference double precision NOT NULL,
        mean_kl_bits double precision NOT NULL,
        argmax_disagreement double precision NOT NULL CHECK (argmax_disagreement BETWEEN 0 AND 1),
        decision_disagreement double precision[] NOT NULL,
        PRIMARY KEY (shadow, request_id)
      );
      CREATE INDEX shadow_comparison_by_time ON signalbox.shadow_comparison (shadow, at, request_id);
      CREATE INDEX shadow_comparison_by_age ON signalbox.shadow_comparison (at);

      -- How good an answer was, in the eyes of whoever got it.
      CREATE TABLE signalbox.feedback (
        id uuid PRIMARY KEY,
        request_id uuid NOT NULL,
        -- Of the request, as recorded; empty where it named none.
        tenant text NOT NULL,
        score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
        label text,
        comment text,
        given_by text NOT NULL,
        at timestamptz NOT NULL,
        UNIQUE (request_id, given_by)
      );
      CREATE INDEX feedback_by_time ON signalbox.feedback (at DESC, id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.feedback;
      DROP TABLE signalbox.shadow_comparison;
      DROP TABLE signalbox.rollout_seen;
      DROP TABLE signalbox.rollout_verdict;
      DROP FUNCTION signalbox.refuse_verdict_change();
      DROP TABLE signalbox.rollout_step;
      DROP TABLE signalbox.rollout;
    `);
  }
}
