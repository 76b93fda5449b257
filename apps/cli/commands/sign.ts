import { basename } from 'node:path';
import { type Command } from 'commander';
import { type SignedResource, STATEMENT_MEDIA_TYPE, statementJson } from '#libs/governance/signature/model-statement';
import { componentResources, releaseResources, type SignedSubject, subjectName } from '#libs/governance/signature/signed-subject';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf, validateManifest } from '#libs/release/manifest-digest';
import { KeyError, readPublicKey } from '#libs/signing/signing-key';
import { signStatement } from '#libs/signing/sign-statement';
import { verifySignature } from '#libs/signing/verify-signature';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { type Terminal } from '../terminal.ts';
import { hashFile, hashFolder, nameWithin, readJson, readSigningKey, readText, writeNew } from './signing-files.ts';

interface SignOptions {
  readonly key: string;
  readonly passphraseFile?: string;
  readonly out?: string;
  readonly manifest?: string;
}

interface VerifyOptions {
  readonly signature: string;
  readonly publicKey: string;
  readonly manifest?: string;
}

const DIGEST = /^[0-9a-f]{64}$/;

/** Signing on this machine, and verifying without a server. */
export function addSignCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const sign = program.command('sign').description('sign a release, a component version or a folder with a key of your own (OpenSSF model signing)');
  const signing = (command: Command): Command =>
    command.requiredOption('--key <file>', 'private key, ECDSA P-256 in PEM; it stays on this machine').option('--passphrase-file <file>', 'its passphrase (or SIGNALBOX_SIGNING_PASSPHRASE)');
  signing(sign.command('release'))
    .argument('<release-id>', 'from signalbox releases')
    .description('sign a release: its manifest and all its component versions')
    .option('--manifest <file>', 'its manifest, to sign without a server')
    .option('--out <file>', 'write the signature instead of attaching it')
    .action(async (releaseId: string, options: SignOptions) => {
      const resources = releaseResources(await manifestOf(terminal, client, releaseId, options.manifest));
      await signSubject(terminal, client, { kind: 'release', digest: releaseId }, resources, options);
    });
  signing(sign.command('component'))
    .argument('<file-or-digest>', 'the component file, or the digest of its version')
    .description('sign one component version')
    .option('--out <file>', 'write the signature instead of attaching it')
    .action(async (given: string, options: SignOptions) => {
      const digest = DIGEST.test(given) ? given : await hashFile(terminal, given);
      await signSubject(terminal, client, { kind: 'component', digest }, componentResources(digest), options);
    });
  signing(sign.command('directory'))
    .argument('<dir>', 'such as a checkpoint folder')
    .description('sign every file of a folder, for any verifier of OpenSSF model signatures')
    .requiredOption('--out <file>', 'where the signature goes, usually DIR/model.sig')
    .action(async (directory: string, options: SignOptions & { readonly out: string }) => {
      const within = nameWithin(terminal, directory, options.out);
      const resources = await hashFolder(terminal, directory, within);
      await writeBundle(terminal, basename(directory), resources, options, within === null ? [] : [within]);
    });

  const verify = program.command('verify-signature').description('verify a signature with a public key, without a server');
  const verifying = (command: Command): Command =>
    command.requiredOption('--signature <file>', 'the signature').requiredOption('--public-key <file>', 'public key of who should have signed, in PEM');
  verifying(verify.command('release'))
    .description('verify that a release was signed as a whole')
    .argument('<release-id>', 'the release')
    .requiredOption('--manifest <file>', 'its manifest')
    .action(async (releaseId: string, options: VerifyOptions) => verifyResources(terminal, releaseResources(await manifestOf(terminal, client, releaseId, options.manifest)), options));
  verifying(verify.command('component'))
    .description('verify that one component version was signed')
    .argument('<file-or-digest>', 'the component file, or the digest of its version')
    .action(async (given: string, options: VerifyOptions) => verifyResources(terminal, componentResources(DIGEST.test(given) ? given : await hashFile(terminal, given)), options));
  verifying(verify.command('directory'))
    .description('verify that a folder was signed, and that no file of it changed')
    .argument('<dir>', 'the folder')
    .action(async (directory: string, options: VerifyOptions) => verifyResources(terminal, await hashFolder(terminal, directory, nameWithin(terminal, directory, options.signature)), options));
}

/** The manifest whose digest the release id is, from a file or the server. */
async function manifestOf(terminal: Terminal, client: () => ApiClient, releaseId: string, file: string | undefined): Promise<ReleaseManifest> {
  const given = file === undefined ? (await client().call('getRelease', { params: { releaseId } })).manifest : await readJson(terminal, file);
  const manifest = given as ReleaseManifest;
  // Trust nobody's word for what is signed: the id is the digest of the manifest.
  if (releaseIdOf(manifest) !== releaseId) throw new CliError(EXIT.failed, `The manifest is not that of release ${releaseId}: its digest is ${releaseIdOf(manifest)}.`);
  const [fault] = validateManifest(manifest);
  if (fault) throw new CliError(EXIT.failed, `The manifest is not valid: ${fault.message}`);
  return manifest;
}

async function signSubject(terminal: Terminal, client: () => ApiClient, subject: SignedSubject, resources: readonly SignedResource[], options: SignOptions): Promise<void> {
  if (options.out !== undefined) {
    await writeBundle(terminal, subjectName(subject), resources, { ...options, out: options.out }, []);
    return;
  }
  const bundle = await bundleOf(terminal, subjectName(subject), resources, options, []);
  const { keyId } = await client().call('attachSignature', { body: { ...subject, bundle } });
  terminal.print(`Signed ${subject.kind} ${subject.digest} (${resources.length} ${resources.length === 1 ? 'digest' : 'digests'}) with key ${keyId.slice(0, 12)}, and attached it.`);
}

async function writeBundle(terminal: Terminal, name: string, resources: readonly SignedResource[], options: SignOptions & { readonly out: string }, ignored: readonly string[]): Promise<void> {
  await writeNew(terminal, options.out, `${JSON.stringify(await bundleOf(terminal, name, resources, options, ignored))}\n`);
  terminal.print(`Signed ${resources.length} ${resources.length === 1 ? 'digest' : 'digests'} into ${options.out}.`);
}

async function bundleOf(terminal: Terminal, name: string, resources: readonly SignedResource[], { key, passphraseFile }: SignOptions, ignored: readonly string[]): Promise<Record<string, unknown>> {
  const privateKey = await readSigningKey(terminal, key, passphraseFile);
  return (await signStatement(statementJson(name, resources, ignored), STATEMENT_MEDIA_TYPE, privateKey)) as Record<string, unknown>;
}

async function verifyResources(terminal: Terminal, resources: readonly SignedResource[], { signature, publicKey }: VerifyOptions): Promise<void> {
  const key = await publicKeyFrom(terminal, publicKey);
  const finding = verifySignature(await readJson(terminal, signature), resources, [{ ...key, revokedAtMs: null }]);
  if (finding.standing !== 'valid') throw new CliError(EXIT.failed, `The signature does not verify: ${finding.detail}.`);
  terminal.print(`The signature is valid: key ${finding.keyId} signed exactly ${resources.length === 1 ? 'this' : `these ${resources.length} digests`}.`);
}

/** @throws CliError */
export async function publicKeyFrom(terminal: Terminal, file: string): Promise<{ readonly keyId: string; readonly pem: string }> {
  const pem = await readText(terminal, file);
  try {
    return readPublicKey(pem);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new CliError(EXIT.usage, `${file}: ${error.message}.`, { cause: error });
  }
}
