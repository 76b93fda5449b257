import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which requests may use which experts, and which rules held for each recorded request. */
export class DataRules1795219200016 implements MigrationInterface {
  readonly name = 'DataRules1795219200016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.data_rule_set (
        model text NOT NULL,
        generation integer NOT NULL CHECK (generation > 0),
        digest text NOT NULL UNIQUE,
        -- Text, not jsonb: the digest is over exactly these rules.
        rules text NOT NULL,
        written_at timestamptz NOT NULL,
        written_by text NOT NULL,
        PRIMARY KEY (model, generation)
      );
      -- A generation is evidence: it may be followed, never altered.
      CREATE FUNCTION signalbox.keep_data_rule_set() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'data rule sets are never altered; write the next generation';
      END $$;
      CREATE TRIGGER data_rule_set_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.data_rule_set
        FOR EACH STATEMENT EXECUTE FUNCTION signalbox.keep_data_rule_set();

      -- Only filled where a rule set was in force; rows without take no room for them.
      ALTER TABLE signalbox.trace
        ADD COLUMN masked_experts integer,
        ADD COLUMN rules_digest bytea,
        ADD COLUMN rules_applied text;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signalbox.trace DROP COLUMN rules_applied, DROP COLUMN rules_digest, DROP COLUMN masked_experts;
      DROP TABLE signalbox.data_rule_set;
      DROP FUNCTION signalbox.keep_data_rule_set();
    `);
  }
}
