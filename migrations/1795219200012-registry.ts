import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Cards, lineage and uploads of component versions, and which routers were trained with which experts. */
export class Registry1795219200012 implements MigrationInterface {
  readonly name = 'Registry1795219200012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.component_version
        ADD COLUMN recalled_at timestamptz,
        ADD COLUMN recalled_by text,
        ADD COLUMN recall_reason text;
      CREATE INDEX component_version_by_age ON signalbox.component_version (created_at DESC, sha256);

      -- The parent is named by its digest without a foreign key: what something was made of stays true once that is deleted.
      CREATE TABLE signalbox.component_card (
        sha256 text PRIMARY KEY REFERENCES signalbox.component_version (sha256) ON DELETE CASCADE,
        title text NOT NULL DEFAULT '',
        for_use text NOT NULL DEFAULT '',
        not_for_use text NOT NULL DEFAULT '',
        training_data text NOT NULL DEFAULT '',
        licence text NOT NULL DEFAULT '',
        data_handling text NOT NULL DEFAULT '',
        owner text NOT NULL DEFAULT '',
        parent_sha256 text CHECK (parent_sha256 ~ '^[0-9a-f]{64}$'),
        made_how text NOT NULL DEFAULT '',
        revision integer NOT NULL CHECK (revision >= 1),
        updated_at timestamptz NOT NULL,
        updated_by text NOT NULL
      );
      CREATE INDEX component_card_by_parent ON signalbox.component_card (parent_sha256) WHERE parent_sha256 IS NOT NULL;

      -- Null in releases of an earlier version, or where nobody said. The sets are digests that the application computes.
      ALTER TABLE signalbox.release
        ADD COLUMN parent_release text REFERENCES signalbox.release (id),
        ADD COLUMN kind text CHECK (kind IN ('same', 'router', 'expert', 'router-and-expert', 'other')),
        ADD COLUMN summary text,
        ADD COLUMN created_by text,
        ADD COLUMN note text,
        ADD COLUMN router_set text,
        ADD COLUMN expert_set text;
      CREATE INDEX release_by_age ON signalbox.release (created_at DESC, id);
      CREATE INDEX release_by_parent ON signalbox.release (parent_release) WHERE parent_release IS NOT NULL;
      CREATE INDEX release_by_router_set ON signalbox.release (model, router_set);
      CREATE INDEX release_by_expert_set ON signalbox.release (model, expert_set);

      CREATE TABLE signalbox.compatibility_record (
        id uuid PRIMARY KEY,
        model text NOT NULL,
        router_set text NOT NULL CHECK (router_set ~ '^[0-9a-f]{64}$'),
        expert_set text NOT NULL CHECK (expert_set ~ '^[0-9a-f]{64}$'),
        verdict text NOT NULL CHECK (verdict IN ('trained-together', 'evaluated', 'incompatible')),
        evidence text NOT NULL,
        evidence_sha256 text CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
        created_at timestamptz NOT NULL,
        created_by text NOT NULL
      );
      CREATE INDEX compatibility_record_by_pair ON signalbox.compatibility_record (router_set, expert_set);
      CREATE INDEX compatibility_record_by_age ON signalbox.compatibility_record (created_at DESC, id);

      -- The bytes lie in a file named by the id; its length is the offset, so no row can disagree with it.
      CREATE TABLE signalbox.upload (
        id uuid PRIMARY KEY,
        sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        size_bytes bigint NOT NULL CHECK (size_bytes > 0),
        kind text NOT NULL CHECK (kind IN ('backbone', 'tokenizer', 'router', 'expert')),
        -- What it shall replace, where that was said; its tensors must fit there.
        component text,
        release_id text REFERENCES signalbox.release (id) ON DELETE SET NULL,
        card jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'finished', 'failed', 'expired')),
        error jsonb,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        ended_at timestamptz
      );
      CREATE INDEX upload_open ON signalbox.upload (expires_at) WHERE state = 'open';
      CREATE INDEX upload_by_version ON signalbox.upload (sha256);

      ALTER TABLE signalbox.import_job
        ADD COLUMN parent_release text,
        ADD COLUMN summary text;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.import_job DROP COLUMN parent_release, DROP COLUMN summary;
      DROP TABLE signalbox.upload;
      DROP TABLE signalbox.compatibility_record;
      DROP INDEX signalbox.release_by_age;
      ALTER TABLE signalbox.release
        DROP COLUMN parent_release, DROP COLUMN kind, DROP COLUMN summary, DROP COLUMN created_by,
        DROP COLUMN note, DROP COLUMN router_set, DROP COLUMN expert_set;
      DROP TABLE signalbox.component_card;
      DROP INDEX signalbox.component_version_by_age;
      ALTER TABLE signalbox.component_version DROP COLUMN recalled_at, DROP COLUMN recalled_by, DROP COLUMN recall_reason;
    `);
  }
}
