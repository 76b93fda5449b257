import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { adoptEntries } from '#libs/store/audit/adopt-entries';

/**
 * Links audit entries into a chain and signs checkpoints of it. Entries that are there already stay
 * outside the chain; its first entry states their number and digest, so that they cannot change
 * unseen from here on. What an older version writes meanwhile has no `seq` and counts as unchained.
 */
export class AuditChain1795219200010 implements MigrationInterface {
  readonly name = 'AuditChain1795219200010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.audit_entry
        ADD COLUMN seq bigint,
        ADD COLUMN reason text,
        ADD COLUMN before jsonb,
        ADD COLUMN after jsonb,
        ADD COLUMN prev_hash bytea CHECK (octet_length(prev_hash) = 32),
        ADD COLUMN hash bytea CHECK (octet_length(hash) = 32),
        ADD CONSTRAINT audit_entry_chained_whole CHECK (num_nulls(seq, prev_hash, hash) IN (0, 3));
      CREATE UNIQUE INDEX audit_entry_chain ON signalbox.audit_entry (seq);
      CREATE INDEX audit_entry_unchained ON signalbox.audit_entry (id) WHERE seq IS NULL;
      CREATE INDEX audit_entry_by_actor ON signalbox.audit_entry (actor, id DESC);
      CREATE INDEX audit_entry_by_action ON signalbox.audit_entry (action, id DESC);
      CREATE INDEX audit_entry_by_request ON signalbox.audit_entry (request_id) WHERE request_id IS NOT NULL;
      CREATE INDEX audit_entry_by_time ON signalbox.audit_entry (at);
      CREATE TABLE signalbox.audit_checkpoint (
        tree_size bigint PRIMARY KEY CHECK (tree_size > 0),
        root bytea NOT NULL CHECK (octet_length(root) = 32),
        at timestamptz NOT NULL,
        key_id text NOT NULL,
        signature bytea NOT NULL CHECK (octet_length(signature) = 64)
      );
      CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.audit_checkpoint
        FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_change();
    `);
    // Whoever may only insert cannot lock the table; its owner can.
    await runner.query(`
      CREATE FUNCTION signalbox.lock_audit_entries() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
        'LOCK TABLE signalbox.audit_entry IN SHARE ROW EXCLUSIVE MODE'`);
    await adoptEntries(runner.manager, { atMs: Date.now(), actor: 'system', reason: 'The log had entries before it was a chain.', requestId: null });
  }

  /** The entries stay, without what proves their order. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION signalbox.lock_audit_entries();
      DROP TABLE signalbox.audit_checkpoint;
      DROP INDEX signalbox.audit_entry_by_time, signalbox.audit_entry_by_request, signalbox.audit_entry_by_action,
        signalbox.audit_entry_by_actor, signalbox.audit_entry_unchained, signalbox.audit_entry_chain;
      ALTER TABLE signalbox.audit_entry
        DROP CONSTRAINT audit_entry_chained_whole,
        DROP COLUMN hash, DROP COLUMN prev_hash, DROP COLUMN after, DROP COLUMN before, DROP COLUMN reason, DROP COLUMN seq;
    `);
  }
}
