import { type Command, InvalidArgumentError } from 'commander';
import { PERMISSIONS } from '#libs/governance/access/permissions';
import { type ApiClient, type CallInput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { findAccount } from './accounts.ts';

const MAX_SHOWN = 1000;
const SCOPES = [...PERMISSIONS, 'admin'];
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };

interface CreateOptions {
  readonly scopes: string[];
  readonly account?: string;
  readonly own?: boolean;
  readonly expires?: string;
  readonly tenant?: string;
  readonly requestsPerMinute?: number;
}
type Scopes = CallInput<'createKey'>['body']['scopes'];

/** `signalbox keys`: who gets in. */
export function addKeyCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const keys = program.command('keys').description('create, list and revoke API keys');
  keys
    .command('create')
    .description('create a key; its secret goes to standard output, once')
    .argument('<name>', 'to tell it apart')
    .requiredOption('--scopes <list>', `separated by commas: ${SCOPES.join(', ')}`, scopeList)
    .option('--account <id-or-name>', 'account that it acts for (default: itself, by its scopes alone)')
    .option('--own', "for the account of one's own key")
    .option('--expires <when>', 'a time such as 2036-01-31T12:00:00Z, or 12h or 90d from now (default: never)', expiry)
    .option('--tenant <label>', 'the only tenant that it may see and speak for')
    .option('--requests-per-minute <n>', 'limit of its requests to /v1', perMinute)
    .action((name: string, options: CreateOptions) => create(client(), terminal, name, options));
  keys
    .command('list')
    .description('list keys, without their secrets')
    .option('--account <id-or-name>', 'only of this account')
    .option('--own', "only of one's own account")
    .option('--json', 'as JSON')
    .action((options: { account?: string; own?: boolean; json?: boolean }) => list(client(), terminal, options));
  keys
    .command('revoke')
    .description('revoke a key, within seconds')
    .argument('<key-id>', 'from signalbox keys list')
    .option('--own', "a key of one's own account")
    .action((keyId: string, { own }: { own?: boolean }) => revoke(client(), terminal, keyId, own === true));
}

async function create(client: ApiClient, terminal: Terminal, name: string, { scopes, account, own, expires, tenant, requestsPerMinute }: CreateOptions): Promise<void> {
  const wanted = { name, scopes: scopes as Scopes, ...(expires === undefined ? {} : { expiresAt: expires }) };
  const owner = account === undefined ? undefined : (await findAccount(client, account)).id;
  const key = own
    ? await client.call('createOwnKey', { body: wanted })
    : await client.call('createKey', { body: { ...wanted, ...(owner === undefined ? {} : { account: owner }), ...(tenant === undefined ? {} : { tenant }), ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }) } });
  const until = key.expiresAt === null ? '' : `, until ${key.expiresAt.slice(0, 16).replace('T', ' ')} UTC`;
  terminal.note(`Key ${key.id} (${key.scopes.join(', ')})${key.account === null ? '' : ` of ${key.account}`}${until}, shown this once:`);
  terminal.print(key.secret);
}

async function list(client: ApiClient, terminal: Terminal, { account, own, json }: { readonly account?: string; readonly own?: boolean; readonly json?: boolean }): Promise<void> {
  const owner = account === undefined ? null : (await findAccount(client, account)).id;
  const { items } = await allPages((cursor) => {
    const query = { cursor, limit: '200' };
    if (own) return client.call('listOwnKeys', { query });
    return owner === null ? client.call('listKeys', { query }) : client.call('listAccountKeys', { params: { accountId: owner }, query });
  }, MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const nowMs = Date.now();
  const state = ({ revokedAt, expiresAt }: (typeof items)[number]): string => {
    if (revokedAt !== null) return `revoked ${revokedAt.slice(0, 10)}`;
    if (expiresAt === null) return 'valid';
    return `${Date.parse(expiresAt) <= nowMs ? 'expired' : 'until'} ${expiresAt.slice(0, 10)}`;
  };
  const rows = items.map((key) => [key.id, printable(key.name), key.scopes.join(','), key.account ?? 'itself', key.tenant ?? 'all', key.lastUsedAt?.slice(0, 10) ?? 'never', state(key)]);
  terminal.print(table(['id', 'name', 'scopes', 'account', 'tenant', 'used', 'state'], rows, 9));
}

async function revoke(client: ApiClient, terminal: Terminal, keyId: string, isOwn: boolean): Promise<void> {
  const key = await client.call(isOwn ? 'revokeOwnKey' : 'revokeKey', { params: { keyId } });
  terminal.print(`Revoked ${printable(key.name)} (${key.id}).`);
}

function scopeList(text: string): string[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const wrong = scopes.find((scope) => !SCOPES.includes(scope));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is none of ${SCOPES.join(', ')}.`);
  return scopes;
}

function expiry(text: string): string {
  const [, amount, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  const atMs = amount === undefined ? Date.parse(text) : Date.now() + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  if (!Number.isFinite(atMs)) throw new InvalidArgumentError('Give a time such as 2036-01-31T12:00:00Z, or 12h or 90d from now.');
  return new Date(atMs).toISOString();
}

function perMinute(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000) throw new InvalidArgumentError('Give a whole number from 1 to 1000000.');
  return value;
}
