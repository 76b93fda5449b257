import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Receivers, the outbox of notifications, and every attempt to deliver one. */
export class Receivers1795219200021 implements MigrationInterface {
  readonly name = 'Receivers1795219200021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.receiver (
        id uuid PRIMARY KEY,
        name text NOT NULL UNIQUE,
        kind text NOT NULL,
        settings jsonb NOT NULL,
        -- Sealed by the application; the database never sees what is in it.
        secrets bytea,
        secrets_key text,
        disabled_reason text,
        generation integer NOT NULL CHECK (generation >= 1),
        -- Nothing is sent before this: for receivers that take so many messages a second.
        free_at timestamptz,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        updated_at timestamptz NOT NULL
      );
      -- Its row is the lock under which sequences are given out without gaps.
      CREATE TABLE signalbox.notification_group (
        receiver_id uuid NOT NULL REFERENCES signalbox.receiver (id) ON DELETE CASCADE,
        group_key text NOT NULL CHECK (octet_length(group_key) <= 2000),
        last_sequence bigint NOT NULL,
        PRIMARY KEY (receiver_id, group_key)
      );
      CREATE TABLE signalbox.notification (
        id uuid PRIMARY KEY,
        number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        receiver_id uuid NOT NULL REFERENCES signalbox.receiver (id) ON DELETE CASCADE,
        group_key text NOT NULL,
        sequence bigint NOT NULL,
        body jsonb NOT NULL,
        at timestamptz NOT NULL,
        state text NOT NULL CHECK (state IN ('waiting', 'testing', 'delivered', 'dead')),
        failure text,
        -- Since it was made or last replayed; numbers of attempts in delivery_attempt go on rising.
        attempts integer NOT NULL DEFAULT 0,
        claims integer NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL,
        -- Until then a worker that may be sending it has it for itself.
        leased_until timestamptz,
        ended_at timestamptz,
        UNIQUE (receiver_id, group_key, sequence)
      );
      CREATE INDEX notification_waiting ON signalbox.notification (receiver_id, group_key, sequence) WHERE state = 'waiting';
      CREATE INDEX notification_due ON signalbox.notification (due_at) WHERE state = 'waiting';
      CREATE INDEX notification_dead ON signalbox.notification (receiver_id, number) WHERE state = 'dead';
      CREATE INDEX notification_by_receiver ON signalbox.notification (receiver_id, number DESC);
      CREATE INDEX notification_ended ON signalbox.notification (ended_at) WHERE ended_at IS NOT NULL;
      CREATE TABLE signalbox.delivery_attempt (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        notification_id uuid NOT NULL REFERENCES signalbox.notification (id) ON DELETE CASCADE,
        at timestamptz NOT NULL,
        duration_ms integer NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('delivered', 'retry', 'given-up')),
        reason text,
        status integer,
        error text,
        response text
      );
      CREATE INDEX delivery_attempt_by_notification ON signalbox.delivery_attempt (notification_id, id);
      CREATE INDEX delivery_attempt_by_age ON signalbox.delivery_attempt (at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.delivery_attempt;
      DROP TABLE signalbox.notification;
      DROP TABLE signalbox.notification_group;
      DROP TABLE signalbox.receiver;
    `);
  }
}
