import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Canary and shadow beside the stable release, what was activated when, and what each inference process serves. */
export class ActivationStates1795219200013 implements MigrationInterface {
  readonly name = 'ActivationStates1795219200013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.activation ADD COLUMN canary jsonb, ADD COLUMN shadow jsonb;

      -- Told by the table itself, so that no way to write it can forget to.
      CREATE FUNCTION signalbox.tell_activation() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' THEN
          PERFORM pg_notify('signalbox_activation', OLD.model || ' stopped');
        ELSE
          PERFORM pg_notify('signalbox_activation', NEW.model || ' ' || NEW.generation);
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER activation_told AFTER INSERT OR UPDATE OR DELETE ON signalbox.activation
        FOR EACH ROW EXECUTE FUNCTION signalbox.tell_activation();

      CREATE TABLE signalbox.activation_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        model text NOT NULL,
        generation integer NOT NULL CHECK (generation >= 1),
        at timestamptz NOT NULL,
        command text NOT NULL,
        actor text NOT NULL,
        actor_name text NOT NULL,
        cause text NOT NULL,
        reason text,
        before jsonb,
        after jsonb,
        UNIQUE (model, generation)
      );
      CREATE INDEX activation_event_by_time ON signalbox.activation_event (model, at DESC, id DESC);
      -- What came before is not known any more: the history begins with what serves now.
      INSERT INTO signalbox.activation_event (model, generation, at, command, actor, actor_name, cause, before, after)
      SELECT model, generation, updated_at, 'activate', 'system', 'system', 'direct', NULL, jsonb_build_object(
        'model', model, 'stable', stable_release, 'previous', previous_release, 'canary', NULL, 'shadow', NULL, 'generation', generation)
      FROM signalbox.activation;
      CREATE FUNCTION signalbox.keep_activation_event() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'activation_event is append-only';
      END $$;
      CREATE TRIGGER activation_event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.activation_event
        FOR EACH STATEMENT EXECUTE FUNCTION signalbox.keep_activation_event();

      CREATE TABLE signalbox.inference_process (
        id uuid PRIMARY KEY,
        host text NOT NULL,
        pid integer NOT NULL,
        version text NOT NULL,
        started_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL
      );
      CREATE TABLE signalbox.observed_activation (
        process_id uuid NOT NULL REFERENCES signalbox.inference_process (id) ON DELETE CASCADE,
        model text NOT NULL,
        generation integer NOT NULL CHECK (generation >= 0),
        state text NOT NULL CHECK (state IN ('ready', 'loading', 'failed')),
        detail text,
        stable_release text,
        canary_release text,
        shadow_release text,
        resident text[] NOT NULL,
        PRIMARY KEY (process_id, model)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.observed_activation;
      DROP TABLE signalbox.inference_process;
      DROP TABLE signalbox.activation_event;
      DROP FUNCTION signalbox.keep_activation_event();
      DROP TRIGGER activation_told ON signalbox.activation;
      DROP FUNCTION signalbox.tell_activation();
      ALTER TABLE signalbox.activation DROP COLUMN canary, DROP COLUMN shadow;
    `);
  }
}
