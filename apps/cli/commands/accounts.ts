import { type Command, InvalidArgumentError, Option } from 'commander';
import { knownRoles, type Role, ROLES } from '#libs/governance/access/permissions';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

const MAX_SHOWN = 5000;

type Account = CallOutput<'getAccount'>;
interface CreateOptions {
  readonly kind: 'user' | 'service';
  readonly roles: Role[];
  readonly email?: string;
  readonly tenant?: string;
}
interface SetOptions {
  readonly roles?: Role[];
  readonly tenant?: string;
  readonly allTenants?: boolean;
  readonly disable?: boolean;
  readonly enable?: boolean;
}

/** `signalbox accounts` and `signalbox whoami`: who may do what. */
export function addAccountCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const accounts = program.command('accounts').description('users and service accounts, and what they may do');
  accounts.command('list').description('list accounts').option('--json', 'as JSON').action(({ json }: { json?: boolean }) => list(client(), terminal, json === true));
  accounts
    .command('create')
    .description('create an account; then give it a key, or let its user sign in')
    .argument('<name>', 'unique among accounts')
    .addOption(new Option('--kind <kind>', 'a person or a program').choices(['user', 'service']).default('service'))
    .requiredOption('--roles <list>', `separated by commas: ${ROLES.join(', ')}`, roleList)
    .option('--email <address>', 'whoever signs in with it, verified, gets the account')
    .option('--tenant <label>', 'the only tenant whose data it sees')
    .action((name: string, options: CreateOptions) => create(client(), terminal, name, options));
  accounts
    .command('set')
    .description('change what an account may do; refused when someone else changed it meanwhile')
    .argument('<id-or-name>')
    .option('--roles <list>', `in place of those it has: ${ROLES.join(', ')}, or "none"`, roleList)
    .addOption(new Option('--tenant <label>', 'the only tenant whose data it sees').conflicts('allTenants'))
    .option('--all-tenants', 'lets it see all tenants')
    .addOption(new Option('--disable', 'stops its keys and sessions at once').conflicts('enable'))
    .option('--enable', 'lets it in again')
    .action((name: string, options: SetOptions) => set(client(), terminal, name, options));
  program.command('whoami').description('tell whom the key belongs to and what it may do').option('--json', 'as JSON').action(({ json }: { json?: boolean }) => whoami(client(), terminal, json === true));
}

/** An account by its id, or by its name. @throws CliError when there is none */
export async function findAccount(client: ApiClient, idOrName: string): Promise<Account> {
  if (/^(user|service):/.test(idOrName)) return client.call('getAccount', { params: { accountId: idOrName } });
  const { items } = await allPages((cursor) => client.call('listAccounts', { query: { cursor, limit: '200' } }), MAX_SHOWN);
  const found = items.find(({ name }) => name === idOrName);
  if (found) return found;
  throw new CliError(EXIT.notFound, `No account is called ${printable(idOrName)}.\nsignalbox accounts list lists them.`);
}

async function list(client: ApiClient, terminal: Terminal, json: boolean): Promise<void> {
  const { items, more } = await allPages((cursor) => client.call('listAccounts', { query: { cursor, limit: '200' } }), MAX_SHOWN);
  if (json) {
    terminal.print(JSON.stringify(items, null, 2));
    return;
  }
  terminal.print(table(['id', 'name', 'roles', 'tenant', 'state'], items.map((account) => [account.id, printable(account.name), account.roles.join(',') || 'none', account.tenant ?? 'all', account.disabledAt === null ? 'enabled' : 'disabled']), 9));
  if (more) terminal.note(`Only the first ${items.length} are shown.`);
}

async function create(client: ApiClient, terminal: Terminal, name: string, { kind, roles, email, tenant }: CreateOptions): Promise<void> {
  const account = await client.call('createAccount', { body: { kind, name, roles, ...(email === undefined ? {} : { email }), ...(tenant === undefined ? {} : { tenant }) } });
  terminal.note(`It has no way in yet: signalbox keys create NAME --account ${account.id} --scopes admin`);
  terminal.print(account.id);
}

async function set(client: ApiClient, terminal: Terminal, idOrName: string, { roles, tenant, allTenants, disable, enable }: SetOptions): Promise<void> {
  const body = {
    ...(roles === undefined ? {} : { roles }),
    ...(allTenants ? { tenant: null } : tenant === undefined ? {} : { tenant }),
    ...(disable ? { disabled: true } : enable ? { disabled: false } : {}),
  };
  if (Object.keys(body).length === 0) throw new CliError(EXIT.usage, 'Nothing to change: give --roles, --tenant, --all-tenants, --disable or --enable.');
  const before = await findAccount(client, idOrName);
  const after = await client.call('changeAccount', { params: { accountId: before.id }, headers: { 'if-match': `"${before.version}"` }, body });
  terminal.print(`${printable(after.name)} (${after.id}): ${after.roles.join(', ') || 'no roles'}; ${after.tenant === null ? 'all tenants' : `tenant ${after.tenant}`}; ${after.disabledAt === null ? 'enabled' : 'disabled'}.`);
}

async function whoami(client: ApiClient, terminal: Terminal, json: boolean): Promise<void> {
  const me = await client.call('getMe', {});
  if (json) {
    terminal.print(JSON.stringify(me, null, 2));
    return;
  }
  terminal.print(
    [
      `${printable(me.name)} (${me.account})`,
      `roles: ${me.roles.join(', ') || 'none'}`,
      `may: ${me.permissions.join(', ') || 'nothing'}`,
      `tenant: ${me.tenant ?? 'all'}`,
    ].join('\n'),
  );
}

function roleList(text: string): Role[] {
  const names = text === 'none' ? [] : text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !(ROLES as readonly string[]).includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is none of ${ROLES.join(', ')}.`);
  return knownRoles(names);
}
