import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { type KeyObject } from 'node:crypto';
import { type SignedResource } from '#libs/governance/signature/model-statement';
import { KeyError, readPrivateKey } from '#libs/signing/signing-key';
import { CliError, EXIT } from '../api/exit-code.ts';
import { type Terminal } from '../terminal.ts';

const READ_BYTES = 1024 ** 2;

/** Where the passphrase of a signing key may stand, besides a file. */
export const PASSPHRASE_VARIABLE = 'SIGNALBOX_SIGNING_PASSPHRASE';

/** Reads the passphrase from a file, else from the environment; null where there is none. */
export async function readPassphrase(terminal: Terminal, file: string | undefined): Promise<string | null> {
  if (file !== undefined) return (await readText(terminal, file)).replace(/\r?\n$/, '');
  return terminal.env[PASSPHRASE_VARIABLE] || null;
}

/** A private key, which stays on this machine. @throws CliError */
export async function readSigningKey(terminal: Terminal, file: string, passphraseFile: string | undefined): Promise<KeyObject> {
  const pem = await readText(terminal, file);
  const passphrase = await readPassphrase(terminal, passphraseFile);
  try {
    return readPrivateKey(pem, passphrase);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new CliError(EXIT.usage, `${file}: ${error.message}. A passphrase is read from --passphrase-file or ${PASSPHRASE_VARIABLE}.`, { cause: error });
  }
}

/** @throws CliError naming the file */
export async function readText(terminal: Terminal, file: string): Promise<string> {
  try {
    return await readFile(resolve(terminal.workingDir, file), 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

/** @throws CliError naming the file */
export async function readJson(terminal: Terminal, file: string): Promise<unknown> {
  const text = await readText(terminal, file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(EXIT.usage, `${file} is no JSON.`, { cause: error });
  }
}

/** Writes a new file; one that exists is not written over. @throws CliError */
export async function writeNew(terminal: Terminal, file: string, text: string, mode = 0o644): Promise<void> {
  try {
    await writeFile(resolve(terminal.workingDir, file), text, { flag: 'wx', mode });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'is there already: name another file, or remove it first' : `cannot be written: ${(error as Error).message}`;
    throw new CliError(EXIT.usage, `${file} ${why}.`, { cause: error });
  }
}

/** SHA-256 of a file's bytes. @throws CliError */
export async function hashFile(terminal: Terminal, file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(resolve(terminal.workingDir, file), { highWaterMark: READ_BYTES })) hash.update(chunk as Buffer);
  } catch (error) {
    throw new CliError(EXIT.usage, `${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  return hash.digest('hex');
}

/**
 * Every file below a folder, by its path in it with /, hashed.
 * @param except a file that is not taken, such as the signature itself
 * @throws CliError for a symbolic link: what it shows can change without the folder
 */
export async function hashFolder(terminal: Terminal, folder: string, except: string | null): Promise<readonly SignedResource[]> {
  const root = resolve(terminal.workingDir, folder);
  const found = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw new CliError(EXIT.usage, `${folder} cannot be read: ${error.message}.`, { cause: error });
  });
  const resources: SignedResource[] = [];
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path).split(sep).join('/');
    if (entry.isSymbolicLink()) throw new CliError(EXIT.usage, `${name} is a symbolic link; put the file itself there.`);
    if (entry.isFile() && name !== except) resources.push({ name, sha256: await hashFile(terminal, path) });
  }
  return resources;
}

/** How a file is named in a folder that holds it; null where it lies elsewhere. */
export function nameWithin(terminal: Terminal, folder: string, file: string): string | null {
  const name = relative(resolve(terminal.workingDir, folder), resolve(terminal.workingDir, file));
  return name === '' || name.startsWith('..') ? null : name.split(sep).join('/');
}
