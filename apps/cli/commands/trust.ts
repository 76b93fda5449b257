import { type Command, InvalidArgumentError } from 'commander';
import { SIGNATURE_LEVELS, type SignatureLevel } from '#libs/governance/signature/decide-signed';
import { generateSigningKey } from '#libs/signing/signing-key';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { componentInFull, releaseInFull } from '../api/in-full.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { publicKeyFrom } from './sign.ts';
import { readPassphrase, writeNew } from './signing-files.ts';

const MAX_SHOWN = 1000;

/** Whose signatures count, and what must be signed. */
export function addTrustCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const trust = program.command('trust').description('keys whose signatures count, and what must be signed');
  trust
    .command('new-key')
    .description('make a signing key: FILE for you alone, FILE.pub to have trusted')
    .argument('<file>', 'where the private key goes')
    .option('--passphrase-file <file>', 'passphrase to encrypt it with (or SIGNALBOX_SIGNING_PASSPHRASE)')
    .action(async (file: string, options: { passphraseFile?: string }) => newKey(terminal, file, await readPassphrase(terminal, options.passphraseFile)));
  trust
    .command('add')
    .description('trust a public key')
    .argument('<public-key>', 'file with the public key in PEM')
    .requiredOption('--name <name>', 'whose key it is')
    .action(async (file: string, { name }: { name: string }) => {
      const { pem } = await publicKeyFrom(terminal, file);
      const key = await client().call('addTrustedKey', { body: { name, pem } });
      terminal.print(`Trusting ${printable(key.name)}: ${key.keyId}`);
    });
  trust
    .command('list')
    .description('list the keys that are or were trusted')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const keys = await allKeys(client());
      terminal.print(json ? JSON.stringify(keys, null, 2) : keyTable(keys));
    });
  trust
    .command('signatures')
    .description('who signed a release or a component version, and whether that counts now')
    .argument('<kind>', 'release or component', signedKind)
    .argument('<digest>', 'its id or digest, or the first 8 or more digits')
    .option('--json', 'as JSON')
    .action((kind: 'release' | 'component', digest: string, options: { json?: boolean }) => signatures(client(), terminal, kind, digest, options));
  trust
    .command('revoke')
    .description('trust a key no longer; what only it signed is not loaded any more where signatures are required')
    .argument('<key-id>', 'from signalbox trust list')
    .requiredOption('--reason <text>', 'why')
    .action(async (keyId: string, { reason }: { reason: string }) => {
      const key = await client().call('revokeTrustedKey', { params: { keyId }, body: { reason } });
      terminal.print(`${printable(key.name)} is trusted no longer.`);
    });
  trust
    .command('policy')
    .description('show what must be signed, or say it')
    .argument('[level]', `${SIGNATURE_LEVELS.join(', ')}; for a model also inherit`, policyLevel)
    .option('--model <name>', 'of this model (default: of the installation)')
    .action((level: SignatureLevel | 'inherit' | undefined, { model }: { model?: string }) => policy(client(), terminal, model ?? null, level));
}

async function newKey(terminal: Terminal, file: string, passphrase: string | null): Promise<void> {
  const { privatePem, publicKey } = generateSigningKey(passphrase);
  await writeNew(terminal, file, privatePem, 0o600);
  await writeNew(terminal, `${file}.pub`, publicKey.pem);
  terminal.print(`Key ${publicKey.keyId}`);
  terminal.print(`${file} is the private key${passphrase === null ? ', without a passphrase' : ''}: keep it to yourself. ${file}.pub is the public one: signalbox trust add ${file}.pub --name NAME`);
}

async function allKeys(client: ApiClient): Promise<CallOutput<'listTrustedKeys'>['items']> {
  return (await allPages((cursor) => client.call('listTrustedKeys', { query: { cursor, limit: '200' } }), MAX_SHOWN)).items;
}

function keyTable(keys: CallOutput<'listTrustedKeys'>['items']): string {
  if (keys.length === 0) return 'No key yet: signalbox trust new-key FILE makes one.';
  const rows = keys.map(({ keyId, name, addedAt, revokedAt, revokeReason }) => [keyId, printable(name), addedAt.slice(0, 10), revokedAt === null ? 'trusted' : `revoked ${revokedAt.slice(0, 10)}: ${printable(revokeReason ?? '')}`]);
  return table(['key', 'name', 'added', 'state'], rows, 4);
}

async function signatures(client: ApiClient, terminal: Terminal, kind: 'release' | 'component', given: string, { json }: { readonly json?: boolean }): Promise<void> {
  const digest = kind === 'release' ? await releaseInFull(client, given) : await componentInFull(client, given);
  const { items } = await allPages((cursor) => client.call('listSignatures', { params: { kind, digest }, query: { cursor, limit: '200' } }), MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const names = new Map((await allKeys(client)).map(({ keyId, name }) => [keyId, name]));
  const rows = items.map(({ keyId, standing, verifiedAt, addedBy, detail }) => [keyId.slice(0, 12), printable(names.get(keyId) ?? ''), standing, verifiedAt.slice(0, 16).replace('T', ' '), printable(addedBy), printable(detail ?? '')]);
  terminal.print(rows.length > 0 ? table(['key', 'name', 'standing', 'attached (UTC)', 'by', 'detail'], rows, 9) : `Nobody has signed it: signalbox sign ${kind} ${digest} --key FILE does.`);
}

function signedKind(text: string): 'release' | 'component' {
  if (text === 'release' || text === 'component') return text;
  throw new InvalidArgumentError('Give release or component.');
}

async function policy(client: ApiClient, terminal: Terminal, model: string | null, level: SignatureLevel | 'inherit' | undefined): Promise<void> {
  const whose = model === null ? 'The installation' : printable(model);
  const now = model === null ? await client.call('getSignaturePolicy', {}) : await client.call('getModelSignaturePolicy', { params: { model } });
  if (level === undefined) {
    terminal.print(`${whose}: ${now.inForce}${model !== null && now.level === null ? ', as the installation' : ''}`);
    return;
  }
  const headers = { 'if-match': `"${now.generation}"` };
  const set =
    model === null
      ? await client.call('putSignaturePolicy', { headers, body: { level: level as SignatureLevel } })
      : await client.call('putModelSignaturePolicy', { params: { model }, headers, body: { level: level === 'inherit' ? null : level } });
  terminal.print(`${whose}: ${set.inForce}. It holds for releases that are loaded from now on.`);
}

function policyLevel(text: string): SignatureLevel | 'inherit' {
  const level = [...SIGNATURE_LEVELS, 'inherit' as const].find((known) => known === text);
  if (level === undefined) throw new InvalidArgumentError(`Give ${SIGNATURE_LEVELS.join(', ')}, or inherit for a model.`);
  return level;
}
