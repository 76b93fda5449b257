import { createPublicKey } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { CliError, EXIT } from '../api/exit-code.ts';

const MAX_KEY_FILE_BYTES = 64 * 1024;
/** RFC 8410: 12 bytes of head, then the key. */
const SPKI_HEAD_BYTES = 12;

/** Parsed lines of a file, undefined for one that is no JSON. @throws CliError naming a file that cannot be read */
export async function* jsonLines(workingDir: string, path: string): AsyncGenerator {
  const full = readable(workingDir, path);
  for await (const line of createInterface({ input: createReadStream(full, 'utf8'), crlfDelay: Infinity })) {
    if (line === '') continue;
    yield parsed(line);
  }
}

/** A key to trust: a fingerprint, or the file of a public key (PEM, base64, or what the API answers). @throws CliError */
export function trustedKey(workingDir: string, text: string): { readonly keyId: string } | { readonly publicKey: Uint8Array } {
  if (/^[0-9a-f]{64}$/i.test(text)) return { keyId: text.toLowerCase() };
  if (!existsSync(resolve(workingDir, text))) throw new CliError(EXIT.usage, `--key ${text} is neither a fingerprint of 64 hexadecimal digits nor a file: signalbox audit key tells it.`);
  const path = readable(workingDir, text);
  const content = statSync(path).size > MAX_KEY_FILE_BYTES ? '' : readFileSync(path, 'utf8').trim();
  const publicKey = fromPem(content) ?? Buffer.from(fromAnswer(content) ?? content, 'base64');
  if (publicKey.length === 32) return { publicKey };
  throw new CliError(EXIT.usage, `--key ${text} holds no Ed25519 public key: give its fingerprint, a PEM file, 32 bytes in base64, or the answer of GET /api/v1/audit/key.`);
}

/** What GET /api/v1/audit/key answers. */
function fromAnswer(text: string): string | null {
  const { publicKey } = (parsed(text) ?? {}) as { publicKey?: unknown };
  return typeof publicKey === 'string' ? publicKey : null;
}

function fromPem(text: string): Buffer | null {
  if (!text.startsWith('-----BEGIN PUBLIC KEY-----')) return null;
  try {
    return createPublicKey(text).export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD_BYTES);
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readable(workingDir: string, path: string): string {
  const full = resolve(workingDir, path);
  if (existsSync(full) && statSync(full).isFile()) return full;
  throw new CliError(EXIT.usage, `There is no file ${full}.`);
}
