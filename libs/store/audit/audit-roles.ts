import { type DataSource, type QueryRunner } from 'typeorm';

/** How the audit tables are kept from being changed, besides the triggers that refuse it. */
export type AuditProtection =
  | {
      readonly kind: 'insert-only';
      /** Role that the application must act as, see `actingAs`; null: its login may only insert and read itself. */
      readonly role: string | null;
    }
  | { readonly kind: 'triggers-only'; readonly reason: 'login-may-not-create-roles' | 'roles-were-refused' | 'not-set-up'; readonly detail: string };

const TABLES = 'signalbox.audit_entry, signalbox.audit_checkpoint';
const MAX_NAME_BYTES = 63;

interface Login {
  readonly login: string;
  readonly isSuper: boolean;
  readonly mayCreateRoles: boolean;
  readonly database: string;
}

/**
 * Gives the audit tables to a role that nobody can log in as, so that the application may only insert
 * and read. A superuser gets a role of less rights for the application to act as. Safe to repeat;
 * call it under the migration lock, after migrating.
 */
export async function protectAudit(dataSource: DataSource): Promise<AuditProtection> {
  const runner = dataSource.createQueryRunner();
  try {
    const login = await loginOf(runner);
    if (!login.isSuper && !login.mayCreateRoles) {
      const standing = await standingProtection(runner, login);
      return standing ?? { kind: 'triggers-only', reason: 'login-may-not-create-roles', detail: `${login.login} owns the audit tables and may not create roles (CREATEROLE)` };
    }
    await runner.startTransaction();
    try {
      await (login.isSuper ? protectFromSuperuser(runner, login) : protectFromLogin(runner, login));
      await runner.commitTransaction();
      return { kind: 'insert-only', role: login.isSuper ? appRole(login) : null };
    } catch (error) {
      await runner.rollbackTransaction();
      return { kind: 'triggers-only', reason: 'roles-were-refused', detail: error instanceof Error ? error.message : String(error) };
    }
  } finally {
    await runner.release();
  }
}

/** What another process has set up, for those that do not migrate. */
export async function readProtection(dataSource: DataSource): Promise<AuditProtection> {
  const runner = dataSource.createQueryRunner();
  try {
    const standing = await standingProtection(runner, await loginOf(runner));
    return standing ?? { kind: 'triggers-only', reason: 'not-set-up', detail: 'no control role has given the audit tables to a role of their own' };
  } finally {
    await runner.release();
  }
}

async function standingProtection(runner: QueryRunner, login: Login): Promise<AuditProtection | null> {
  if ((await ownerOf(runner)) !== ownerRole(login)) return null;
  return { kind: 'insert-only', role: login.isSuper ? appRole(login) : null };
}

/** Takes the tables back for a migration; `protectAudit` gives them away again. False where there was nothing to take. */
export async function reclaimAudit(dataSource: DataSource): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    const login = await loginOf(runner);
    if ((await ownerOf(runner)) !== ownerRole(login)) return false;
    // A superuser may alter them as they are.
    if (login.isSuper) return true;
    const owner = quoted(ownerRole(login));
    await runner.startTransaction();
    await runner.query(`
      GRANT ${owner} TO CURRENT_USER;
      ALTER TABLE signalbox.audit_entry OWNER TO CURRENT_USER;
      ALTER TABLE signalbox.audit_checkpoint OWNER TO CURRENT_USER;
      ALTER FUNCTION signalbox.lock_audit_entries() OWNER TO CURRENT_USER;
      REVOKE ${owner} FROM CURRENT_USER`);
    await runner.commitTransaction();
    return true;
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  }
}

/** The URL for connections that act as a role. */
export function actingAs(url: string, protection: AuditProtection): string {
  if (protection.kind !== 'insert-only' || protection.role === null) return url;
  const [base = url, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('options', [parameters.get('options'), `-c role=${protection.role}`].filter(Boolean).join(' '));
  return `${base}?${parameters.toString().replaceAll('+', '%20')}`;
}

async function protectFromSuperuser(runner: QueryRunner, login: Login): Promise<void> {
  await createRole(runner, ownerRole(login));
  await createRole(runner, appRole(login));
  const [owner, app] = [quoted(ownerRole(login)), quoted(appRole(login))];
  // Only the first time: it locks the tables, and other processes may be at work.
  if ((await ownerOf(runner)) !== ownerRole(login)) {
    await runner.query(`
      ALTER TABLE signalbox.audit_entry OWNER TO ${owner};
      ALTER TABLE signalbox.audit_checkpoint OWNER TO ${owner};
      ALTER FUNCTION signalbox.lock_audit_entries() OWNER TO ${owner}`);
  }
  await runner.query(`
    GRANT USAGE ON SCHEMA signalbox TO ${owner}, ${app};
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA signalbox TO ${app};
    GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA signalbox TO ${app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA signalbox GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO ${app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA signalbox GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${app};
    REVOKE ALL ON ${TABLES} FROM ${app};
    GRANT SELECT, INSERT ON ${TABLES} TO ${app}`);
}

async function protectFromLogin(runner: QueryRunner, login: Login): Promise<void> {
  if ((await ownerOf(runner)) === ownerRole(login)) return;
  await createRole(runner, ownerRole(login));
  const [owner, self] = [quoted(ownerRole(login)), quoted(login.login)];
  await runner.query(`
    GRANT ${owner} TO CURRENT_USER;
    GRANT USAGE, CREATE ON SCHEMA signalbox TO ${owner};
    ALTER TABLE signalbox.audit_entry OWNER TO ${owner};
    ALTER TABLE signalbox.audit_checkpoint OWNER TO ${owner};
    ALTER FUNCTION signalbox.lock_audit_entries() OWNER TO ${owner};
    SET LOCAL ROLE ${owner};
    REVOKE ALL ON ${TABLES} FROM ${self};
    GRANT SELECT, INSERT ON ${TABLES} TO ${self};
    RESET ROLE;
    REVOKE CREATE ON SCHEMA signalbox FROM ${owner};
    REVOKE ${owner} FROM CURRENT_USER`);
}

async function createRole(runner: QueryRunner, name: string): Promise<void> {
  const found = (await runner.query('SELECT FROM pg_roles WHERE rolname = $1', [name])) as unknown[];
  if (found.length === 0) await runner.query(`CREATE ROLE ${quoted(name)} NOLOGIN`);
}

async function loginOf(runner: QueryRunner): Promise<Login> {
  const [row] = (await runner.query(
    `SELECT rolname AS login, rolsuper AS "isSuper", rolcreaterole AS "mayCreateRoles", current_database() AS database FROM pg_roles WHERE rolname = current_user`,
  )) as Login[];
  if (!row) throw new Error('PostgreSQL does not say who this connection is');
  return row;
}

/** Owner of the entries; null before they are there. */
async function ownerOf(runner: QueryRunner): Promise<string | null> {
  const [row] = (await runner.query(`SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = to_regclass('signalbox.audit_entry')`)) as { owner: string }[];
  return row?.owner ?? null;
}

// Roles belong to the whole server, so they carry the name of their database.
const ownerRole = ({ database }: Login): string => roleName('signalbox_audit_', database);
const appRole = ({ database }: Login): string => roleName('signalbox_app_', database);

/** Only what needs no quoting, so that it can stand in connection options. */
function roleName(prefix: string, database: string): string {
  return `${prefix}${database.replaceAll(/[^A-Za-z0-9_]/g, '_')}`.toLowerCase().slice(0, MAX_NAME_BYTES);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** For operators. */
export function describeProtection(protection: AuditProtection): string {
  if (protection.kind === 'insert-only') return 'audit entries can only be inserted';
  return `audit entries are kept by triggers alone: ${protection.detail}; see docs/audit.md`;
}
