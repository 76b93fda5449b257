import { createHash } from 'node:crypto';

/** Payload type of the DSSE envelope. */
export const STATEMENT_MEDIA_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
const DIGEST = /^[0-9a-f]{64}$/;
/** More than the components of the largest model that a manifest can name. */
const MAX_RESOURCES = 2_000_000;

/** One signed file: its name in the model and the SHA-256 of its bytes. */
export interface SignedResource {
  readonly name: string;
  readonly sha256: string;
}

/** What an OpenSSF model signature (predicate `model_signing/signature/v1.0`) states. */
export interface ModelStatement {
  readonly model: string;
  /** In order of name. */
  readonly resources: readonly SignedResource[];
}

/** A statement cannot be read as what it claims to be. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}

/**
 * JSON of an in-toto statement over the files of a model: SHA-256 by file, and as the subject's digest
 * the SHA-256 over the files' raw digests in order of name (OpenSSF model signing v1.0, "files" method).
 * @param ignorePaths files of the folder that are not signed, such as the signature itself
 */
export function statementJson(model: string, resources: readonly SignedResource[], ignorePaths: readonly string[] = []): string {
  const sorted = inOrder(resources);
  return JSON.stringify({
    _type: STATEMENT_TYPE,
    subject: [{ name: model, digest: { sha256: rootDigest(sorted) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: ignorePaths },
      resources: sorted.map(({ name, sha256 }) => ({ name, algorithm: 'sha256', digest: sha256 })),
    },
  });
}

/** @throws StatementError naming the field at fault */
export function parseStatement(text: string): ModelStatement {
  const statement = record(parseJson(text), 'the payload');
  expect(statement['_type'] === STATEMENT_TYPE, `_type must be ${STATEMENT_TYPE}`);
  expect(statement['predicateType'] === PREDICATE_TYPE, `predicateType must be ${PREDICATE_TYPE}`);
  const { subject } = statement;
  expect(Array.isArray(subject) && subject.length === 1, 'subject must be a list of one');
  const { name: model, digest } = record((subject as unknown[])[0], 'subject[0]');
  expect(typeof model === 'string', 'subject[0].name must be a text');
  const predicate = record(statement['predicate'], 'predicate');
  const { method, hash_type: hashType } = record(predicate['serialization'], 'predicate.serialization');
  expect(method === 'files' && hashType === 'sha256', 'predicate.serialization must have the method "files" with sha256');
  const listed = predicate['resources'];
  expect(Array.isArray(listed) && listed.length <= MAX_RESOURCES, 'predicate.resources must be a list');
  const resources = (listed as unknown[]).map(parseResource);
  expect(new Set(resources.map(({ name }) => name)).size === resources.length, 'predicate.resources names a file twice');
  expect(record(digest, 'subject[0].digest')['sha256'] === rootDigest(resources), 'subject[0].digest is not that of predicate.resources');
  return { model: model as string, resources: inOrder(resources) };
}

export type StatementMatch =
  | { readonly matches: true }
  | { readonly matches: false; readonly reason: 'missing-file' | 'other-bytes' | 'unsigned-file'; readonly name: string };

/** Compares what was signed with what is there: every file must be signed, and every signed file be there. */
export function matchResources(signed: readonly SignedResource[], present: readonly SignedResource[]): StatementMatch {
  const there = new Map(present.map(({ name, sha256 }) => [name, sha256]));
  for (const { name, sha256 } of signed) {
    const found = there.get(name);
    if (found === undefined) return { matches: false, reason: 'missing-file', name };
    if (found !== sha256) return { matches: false, reason: 'other-bytes', name };
    there.delete(name);
  }
  const [extra] = there.keys();
  return extra === undefined ? { matches: true } : { matches: false, reason: 'unsigned-file', name: extra };
}

function parseResource(value: unknown, index: number): SignedResource {
  const field = `predicate.resources[${index}]`;
  const { name, algorithm, digest } = record(value, field);
  expect(typeof name === 'string' && name !== '', `${field}.name must be a text`);
  expect(algorithm === 'sha256' && typeof digest === 'string' && DIGEST.test(digest), `${field} must have a sha256 digest of 64 hexadecimal digits`);
  return { name: name as string, sha256: digest as string };
}

function rootDigest(resources: readonly SignedResource[]): string {
  const hash = createHash('sha256');
  for (const { sha256 } of resources) hash.update(Buffer.from(sha256, 'hex'));
  return hash.digest('hex');
}

function inOrder(resources: readonly SignedResource[]): SignedResource[] {
  return resources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StatementError('the payload is no JSON', { cause: error });
  }
}

function record(value: unknown, field: string): Readonly<Record<string, unknown>> {
  expect(typeof value === 'object' && value !== null && !Array.isArray(value), `${field} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new StatementError(`the signed statement is not valid: ${message}`);
}
