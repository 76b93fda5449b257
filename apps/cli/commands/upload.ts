import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command } from 'commander';
import { uploadSchema } from '#libs/contract/management/registry';
import { type ApiClient, type CallInput, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { refusal } from '../api/refusal.ts';
import { progressBar } from '../progress-bar.ts';
import { bytes } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

type UploadOrder = CallInput<'createUpload'>['body'];
type Upload = CallOutput<'getUpload'>;

/** Sent at a time, and held in memory. */
const PIECE_BYTES = 16 * 1024 * 1024;
/** The last piece is answered when the whole file has been checked. */
const PIECE_TIMEOUT_MS = 15 * 60_000;
const MAX_LISTED = 1000;

interface UploadOptions {
  readonly kind: UploadOrder['kind'];
  readonly component?: string;
  readonly model?: string;
  readonly card?: string;
}

/** Adds `signalbox upload`. */
export function addUploadCommand(program: Command, client: () => ApiClient, terminal: Terminal): void {
  program
    .command('upload')
    .description('upload a component version; run again, it goes on where it was')
    .argument('<file>', 'safetensors file with just the tensors of its kind')
    .requiredOption('--kind <kind>', 'backbone, tokenizer, router or expert')
    .option('--component <name>', 'with --model: what it shall replace, such as expert/3/5; its tensors must fit')
    .option('--model <name>', 'model whose stable release holds that component')
    .option('--card <file>', 'JSON file with the fields of its card')
    .action((file: string, options: UploadOptions) => upload(client(), terminal, file, options));
}

async function upload(client: ApiClient, terminal: Terminal, file: string, { card, ...options }: UploadOptions): Promise<void> {
  const path = resolve(terminal.workingDir, file);
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new CliError(EXIT.usage, `${path} is no file that can be read.`);
  const bar = progressBar(terminal, terminal.isTty, bytes);
  try {
    const sha256 = await digestOf(path, found.size, terminal.signal, (done) => bar.update(done, found.size, 'reading'));
    const order: UploadOrder = { ...options, sha256, sizeBytes: found.size, ...(card === undefined ? {} : { card: await readCard(resolve(terminal.workingDir, card)) }) };
    const opened = (await openUpload(client, sha256)) ?? (await client.call('createUpload', { body: order }));
    if (opened.uploadId !== null) await send(client, path, opened, (done) => bar.update(done, found.size, 'sending'));
    bar.stop();
    terminal.print(opened.uploadId === null ? `The registry already holds ${sha256}.` : `Uploaded ${options.kind} ${sha256}.`);
    const { component, model } = options;
    if (component !== undefined && model !== undefined) terminal.print(`Next: signalbox change create ${options.kind === 'router' ? 'change-router' : 'replace-expert'} --model ${model} --replace ${component}=${sha256.slice(0, 12)} --canary 0.05 --title TITLE --reason WHY\n  or: signalbox releases create --base RELEASE --replace ${component}=${sha256.slice(0, 12)}`);
  } catch (error) {
    bar.stop();
    if (terminal.signal.aborted) terminal.note('What has arrived is kept for a day: the same command goes on from there.');
    throw error;
  }
}

/** An upload of these bytes that is still open. */
async function openUpload(client: ApiClient, sha256: string): Promise<Upload | null> {
  const { items } = await allPages((cursor) => client.call('listUploads', { query: { cursor, limit: '200' } }), MAX_LISTED);
  return items.find((one) => one.sha256 === sha256 && one.state === 'open') ?? null;
}

async function send(client: ApiClient, path: string, opened: Upload, onProgress: (doneBytes: number) => void): Promise<void> {
  await using file = await open(path, 'r');
  const buffer = new Uint8Array(PIECE_BYTES);
  let at = opened;
  // Once more at its end, where everything has come but nobody has checked it yet.
  while (at.state === 'open') {
    onProgress(at.offsetBytes);
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at.offsetBytes);
    const answer = await client.request(`/api/v1/uploads/${at.uploadId}?offset=${at.offsetBytes}`, { method: 'PUT', body: buffer.subarray(0, bytesRead), timeoutMs: PIECE_TIMEOUT_MS });
    const json: unknown = await answer.json().catch(() => null);
    if (!answer.ok) throw refusal(answer.status, json);
    at = uploadSchema.parse(json);
  }
  onProgress(at.offsetBytes);
}

async function digestOf(path: string, size: number, signal: AbortSignal, onProgress: (doneBytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(path, { end: size - 1, signal, highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    onProgress((done += (chunk as Buffer).byteLength));
  }
  return hash.digest('hex');
}

/** The server checks its fields. */
async function readCard(path: string): Promise<UploadOrder['card']> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as UploadOrder['card'];
  } catch (error) {
    throw new CliError(EXIT.usage, `${path} is no JSON file that can be read.`, { cause: error });
  }
}
