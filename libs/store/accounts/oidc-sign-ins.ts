import { type DataSource, type EntityManager } from 'typeorm';
import { type SignInDecision, type SignInFacts } from '#libs/governance/access/sign-in';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { LOCKS } from '../locks.ts';
import { ACCOUNT_COLUMNS, type AccountRecord, type AccountRow, toAccount } from './account.ts';
import { insertAccount } from './accounts.ts';
import { type AdminGuard, guardLastAdmin, LastAdminError } from './admin-guard.ts';

/** A sign-in on its way through the provider. */
export interface PendingSignIn {
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

/** Who came back from the provider. */
export interface SignedIn {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  /** Verified by the provider; null: none. */
  readonly email: string | null;
  readonly atMs: number;
  /** Id for an account that has to be made. */
  readonly newId: string;
}

export type SignInOutcome = { readonly outcome: 'entered'; readonly account: AccountRecord } | { readonly outcome: 'refused'; readonly reason: string };

/** Accounts that people sign in to by OpenID Connect. */
export class OidcSignIns {
  constructor(private readonly dataSource: DataSource) {}

  /** Remembers a sign-in until its answer comes; those that came too late are forgotten. */
  async begin(stateHash: Uint8Array, { nonce, verifier, returnTo }: PendingSignIn, atMs: number, lifeMs: number): Promise<void> {
    await this.dataSource.query('DELETE FROM signalbox.oidc_login WHERE created_at < $1', [new Date(atMs - lifeMs)]);
    await this.dataSource.query('INSERT INTO signalbox.oidc_login (state_hash, nonce, verifier, return_to, created_at) VALUES ($1, $2, $3, $4, $5)', [Buffer.from(stateHash), nonce, verifier, returnTo, new Date(atMs)]);
  }

  /** Takes a pending sign-in, once. null when there is none, or it came too late. */
  async take(stateHash: Uint8Array, atMs: number, lifeMs: number): Promise<PendingSignIn | null> {
    const [rows] = (await this.dataSource.query('DELETE FROM signalbox.oidc_login WHERE state_hash = $1 RETURNING nonce, verifier, return_to AS "returnTo", created_at AS "createdAt"', [Buffer.from(stateHash)])) as [(PendingSignIn & { createdAt: Date })[], number];
    const [row] = rows;
    return row && row.createdAt.getTime() > atMs - lifeMs ? { nonce: row.nonce, verifier: row.verifier, returnTo: row.returnTo } : null;
  }

  /** Finds or makes the account of who signed in, as `decide` says, with its audit entries in one transaction. */
  async enter(who: SignedIn, decide: (facts: Pick<SignInFacts, 'known' | 'prepared'>) => SignInDecision): Promise<SignInOutcome> {
    return this.dataSource.transaction(async (manager) => {
      // Two first sign-ins of one person must not make two accounts.
      await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.accounts]);
      const known = await one(manager, 'id = (SELECT account_id FROM signalbox.oidc_identity WHERE issuer = $1 AND subject = $2)', [who.issuer, who.subject]);
      const prepared = known || who.email === null ? null : await one(manager, `kind = 'user' AND lower(email) = lower($2) AND NOT EXISTS (SELECT FROM signalbox.oidc_identity AS i WHERE i.account_id = account.id AND i.issuer = $1)`, [who.issuer, who.email]);
      const decision = decide({ known: factsOf(known), prepared: factsOf(prepared) });
      if (decision.outcome === 'refuse') return { outcome: 'refused', reason: decision.reason };
      const entries: AuditEntry[] = [];
      const entry = (action: string, account: AccountRecord, more: Partial<AuditEntry> = {}): number =>
        entries.push({ atMs: who.atMs, actor: account.id, action, subject: `account/${account.id}`, detail: { name: account.name, issuer: who.issuer }, requestId: null, ...more });
      const at = decision.reason === 'known' ? known : decision.reason === 'prepared' ? prepared : await makeAccount(manager, who, decision.roles ?? []);
      if (!at) throw new Error(`the sign-in decision ${decision.reason} has no account`);
      let account: AccountRecord = at;
      if (decision.reason === 'new') entry('account.create', account, { after: { name: account.name, roles: account.roles } });
      if (decision.reason === 'prepared') entry('account.link', account);
      if (decision.roles && decision.roles.join() !== [...account.roles].join()) {
        const after = await setRoles(manager, account, decision.roles, { atMs: who.atMs, issuer: who.issuer });
        if (after !== account) entry('account.change', account, { before: { roles: account.roles }, after: { roles: after.roles } });
        account = after;
      }
      await manager.query(
        `INSERT INTO signalbox.oidc_identity (issuer, subject, account_id, created_at, last_login_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (issuer, subject) DO UPDATE SET last_login_at = EXCLUDED.last_login_at`,
        [who.issuer, who.subject, account.id, new Date(who.atMs)],
      );
      for (const each of entries) await appendAudit(manager, each);
      return { outcome: 'entered', account };
    });
  }
}

function factsOf(account: AccountRecord | null): { isDisabled: boolean } | null {
  return account && { isDisabled: account.disabledAtMs !== null };
}

async function one(manager: EntityManager, where: string, values: readonly string[]): Promise<AccountRecord | null> {
  const [row]: AccountRow[] = await manager.query(`SELECT ${ACCOUNT_COLUMNS} FROM signalbox.account WHERE ${where}`, [...values]);
  return row ? toAccount(row) : null;
}

/** Names and addresses may be another's: then the name gets a suffix, and the address is left out. */
async function makeAccount(manager: EntityManager, { newId, name, email, subject, atMs }: SignedIn, roles: readonly string[]): Promise<AccountRecord> {
  const base = { id: newId, kind: 'user', roles, tenant: null, createdAtMs: atMs, createdBy: newId } as const;
  for (const tried of [{ name, email }, { name: `${name} (${subject.slice(0, 32)})`, email }, { name, email: null }, { name: newId, email: null }]) {
    if (await insertAccount(manager, { ...base, ...tried })) return { ...base, ...tried, disabledAtMs: null, version: 1 };
  }
  throw new Error('an account with a new id could not be made');
}

/** The roles that the provider gives; as they were where nobody could administer then. */
async function setRoles(manager: EntityManager, account: AccountRecord, roles: readonly string[], guard: AdminGuard): Promise<AccountRecord> {
  try {
    // A transaction of its own, so that a refusal takes back this change only.
    return await manager.transaction((inner) =>
      guardLastAdmin(inner, guard, async () => {
        await inner.query('UPDATE signalbox.account SET roles = $2, version = version + 1 WHERE id = $1', [account.id, [...roles]]);
        return { ...account, roles, version: account.version + 1 };
      }),
    );
  } catch (error) {
    if (error instanceof LastAdminError) return account;
    throw error;
  }
}
