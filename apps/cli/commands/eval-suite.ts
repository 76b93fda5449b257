import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, YAMLError } from 'yaml';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { parseGrader } from '#libs/evaluation/suite/grader';
import { checkItems, parseJsonLines } from '#libs/evaluation/suite/items';
import { parseSuite, suiteDigest } from '#libs/evaluation/suite/parse-suite';
import { type Suite } from '#libs/evaluation/suite/suite';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { refusal } from '../api/refusal.ts';
import { type Terminal } from '../terminal.ts';

const DIGEST = /^[0-9a-f]{64}$/;
const MAX_SUITE_BYTES = 1024 ** 2;
/** As the server has it. */
const MAX_DATASET_BYTES = 32 * 1024 ** 2;
const UPLOAD_TIMEOUT_MS = 5 * 60_000;

interface LoadedSuite {
  readonly suite: Suite;
  readonly digest: string;
  /** Datasets that lie in files, by digest, each with how many items it has. */
  readonly datasets: ReadonlyMap<string, { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly items: number }>;
}

/**
 * Reads a suite of a repository: YAML or JSON, whose tasks name their datasets by files beside it or by digests.
 * Everything that can be checked without a server is.
 * @throws CliError naming the file, the task, the line and the field
 */
export async function loadSuite(terminal: Pick<Terminal, 'workingDir'>, file: string): Promise<LoadedSuite> {
  const path = resolve(terminal.workingDir, file);
  const value = parsedYaml(new TextDecoder().decode(await readBounded(path, MAX_SUITE_BYTES)), path);
  const datasets = new Map<string, { path: string; bytes: Uint8Array<ArrayBuffer>; items: number }>();
  const contents = new Map<string, ReturnType<typeof parseJsonLines>>();
  const tasks = await Promise.all(
    tasksOf(value).map(async (task) => {
      const { dataset } = task as { readonly dataset?: unknown };
      if (typeof dataset !== 'string' || DIGEST.test(dataset)) return task;
      const at = resolve(dirname(path), dataset);
      const bytes = await readBounded(at, MAX_DATASET_BYTES);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (!datasets.has(sha256)) {
        const items = saying(at, () => parseJsonLines(decoded(bytes)));
        contents.set(sha256, items);
        datasets.set(sha256, { path: at, bytes, items: items.length });
      }
      return { ...(task as object), dataset: sha256 };
    }),
  );
  const suite = saying(path, () => parseSuite(tasks.length === 0 ? value : { ...(value as object), tasks }));
  for (const { id, kind, grader, dataset } of suite.tasks) {
    const items = contents.get(dataset);
    const from = datasets.get(dataset);
    if (items && from) saying(`${path}: task ${id}: ${from.path}`, () => checkItems(parseGrader(kind, grader, 'grader'), items));
  }
  return { suite, digest: suiteDigest(suite), datasets };
}

/** The digest of a suite that the server has: given as such, or of a file, whose datasets are sent where it lacks them. */
export async function suiteOnServer(api: ApiClient, terminal: Terminal, given: string): Promise<string> {
  if (DIGEST.test(given)) return given;
  const { suite, digest, datasets } = await loadSuite(terminal, given);
  for (const [sha256, { path, bytes }] of datasets) {
    if (await isThere(api, sha256)) continue;
    terminal.note(`Sending ${path}`);
    const answer = await api.request('/api/v1/datasets', { method: 'POST', body: bytes, timeoutMs: UPLOAD_TIMEOUT_MS });
    if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null));
    await answer.arrayBuffer();
  }
  const body = { ...suite, tasks: suite.tasks.map((task) => ({ ...task, grader: { ...task.grader }, gates: task.gates.map((gate) => ({ ...gate })) })) };
  const kept = await api.call('createSuite', { body });
  if (kept.digest !== digest) throw new CliError(EXIT.failed, `The server reads the suite as ${kept.digest}, this program as ${digest}: use the signalbox of the same version.`);
  return digest;
}

async function isThere(api: ApiClient, sha256: string): Promise<boolean> {
  try {
    await api.call('getDataset', { params: { sha256 } });
    return true;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.notFound) return false;
    throw error;
  }
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new CliError(EXIT.usage, `${path} is no file that can be read.`);
  if (found.size > maxBytes) throw new CliError(EXIT.usage, `${path} has ${found.size} bytes; at most ${maxBytes} are taken. Split it.`);
  return new Uint8Array(await readFile(path));
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new EvaluationError('malformed-item', 'dataset', 'It is not UTF-8: give JSON objects in UTF-8, one a line.');
  }
}

function parsedYaml(text: string, path: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    if (error instanceof YAMLError || error instanceof ReferenceError) throw new CliError(EXIT.usage, `${path} is no YAML: ${error.message}`, { cause: error });
    throw error;
  }
}

function tasksOf(value: unknown): readonly unknown[] {
  const tasks = typeof value === 'object' && value !== null ? (value as { readonly tasks?: unknown }).tasks : null;
  return Array.isArray(tasks) ? tasks.filter((task) => typeof task === 'object' && task !== null) : [];
}

function saying<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof EvaluationError) throw new CliError(EXIT.usage, `${place}: ${error.message}`, { cause: error });
    throw error;
  }
}
