import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { knownRoles } from '#libs/governance/access/permissions';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type AccountChange, type AccountRecord } from '#libs/store/accounts/account';
import { isUniqueViolation } from '#libs/store/unique-violation';
import { ACCOUNTS, type AccountsPort } from '../http/access-ports.ts';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, page } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { lastAdminAsProblem, noSuchAccount } from './account-problems.ts';

type AccountBody = RouteOutput<typeof ROUTES.getAccount>;

/** Keeps accounts. */
@Injectable()
export class AccountDesk {
  constructor(
    @Inject(ACCOUNTS) private readonly accounts: AccountsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async list({ cursor, limit }: RouteInput<typeof ROUTES.listAccounts>['query']): Promise<RouteOutput<typeof ROUTES.listAccounts>> {
    const afterName = decodeCursor(cursor, ([name]) => (typeof name === 'string' ? name : null));
    const { items, nextCursor } = page(await this.accounts.list(limit + 1, afterName), limit, ({ name }) => [name]);
    return { items: items.map(accountBody), nextCursor };
  }

  async get(id: string): Promise<AccountBody> {
    const account = await this.accounts.find(id);
    if (!account) throw noSuchAccount();
    return accountBody(account);
  }

  async create({ kind, name, email, roles, tenant = null }: RouteInput<typeof ROUTES.createAccount>['body'], caller: Principal): Promise<AccountBody> {
    const createdAtMs = this.settings.now();
    const account = { id: `${kind}:${randomUUID()}`, kind, name, email: email ?? null, roles: knownRoles(roles), tenant, createdAtMs, createdBy: caller.accountId };
    const entry = { ...auditOf(caller, createdAtMs, 'account.create', `account/${account.id}`, { name }), after: state(account) };
    if (!(await this.accounts.insert(account, entry))) throw nameTaken();
    return accountBody({ ...account, disabledAtMs: null, version: 1 });
  }

  /** @throws ProblemError 412 that tells the present version and what differs from the change's ground */
  async change(id: string, expectedVersion: number, { disabled, roles, ...same }: RouteInput<typeof ROUTES.changeAccount>['body'], caller: Principal): Promise<AccountBody> {
    const atMs = this.settings.now();
    const change: AccountChange = {
      ...(Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined)) as AccountChange),
      ...(roles === undefined ? {} : { roles: knownRoles(roles) }),
      ...(disabled === undefined ? {} : { disabledAtMs: disabled ? atMs : null }),
    };
    const updating = this.accounts.update({
      id, expectedVersion, change, guard: { atMs, issuer: this.settings.access?.oidc?.issuer ?? null },
      audit: (before, after) => ({ ...auditOf(caller, atMs, 'account.change', `account/${id}`, { name: after.name, changed: Object.keys(change) }), before: state(before), after: state(after) }),
    });
    const updated = await lastAdminAsProblem(updating, 'Make another administrator first.').catch((error: unknown) => {
      throw isUniqueViolation(error) ? nameTaken() : error;
    });
    if (updated.outcome === 'missing') throw noSuchAccount();
    if (updated.outcome === 'stale') throw stale(updated.account);
    return accountBody(updated.account);
  }
}

export function accountBody({ id, kind, name, email, roles, tenant, disabledAtMs, createdAtMs, createdBy, version }: AccountRecord): AccountBody {
  const disabledAt = disabledAtMs === null ? null : new Date(disabledAtMs).toISOString();
  return { id, kind, name, email, roles: knownRoles(roles), tenant, disabledAt, createdAt: new Date(createdAtMs).toISOString(), createdBy, version };
}

/** What of an account is worth comparing, for the audit log. */
function state({ name, email, roles, tenant, ...rest }: Pick<AccountRecord, 'name' | 'email' | 'roles' | 'tenant'> & { readonly disabledAtMs?: number | null }): Record<string, unknown> {
  return { name, email, roles, tenant, disabled: (rest.disabledAtMs ?? null) !== null };
}

function nameTaken(): ProblemError {
  return new ProblemError({ status: 409, code: 'account_exists', title: 'Another account has it', detail: 'Body field name: another account has this name or this e-mail address; choose another.', field: 'name' });
}

function stale(now: AccountRecord): ProblemError {
  const { roles, tenant, disabledAtMs, version } = now;
  const detail = `The account is at version ${version} now: roles ${roles.join(', ') || 'none'}, ${tenant === null ? 'all tenants' : `tenant ${tenant}`}, ${disabledAtMs === null ? 'enabled' : 'disabled'}. Read it again and decide anew.`;
  return new ProblemError({ status: 412, code: 'account_changed', title: 'Someone else changed it since', detail });
}
