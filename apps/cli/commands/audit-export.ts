import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isBypass } from '#libs/governance/audit/bypass';
import { type ExportedEntry, readEntry } from '#libs/governance/audit/exported-entry';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { refusal } from '../api/refusal.ts';
import { type Terminal } from '../terminal.ts';
import { jsonLines } from './audit-files.ts';
import { writeDossiers } from './audit-dossiers.ts';

const EXPORT_TIMEOUT_MS = 3_600_000;
const END_BYTES = 200;
const BYPASSES = 'bypasses.ndjson';

/** Writes the whole log to a file that is there only when complete, and, where asked, a dossier for each change. */
export async function exportAudit(client: ApiClient, terminal: Terminal, options: { readonly out: string; readonly withDossiers?: string }): Promise<void> {
  const out = resolve(terminal.workingDir, options.out);
  if (existsSync(out)) throw new CliError(EXIT.usage, `${out} exists: give another name, so that no earlier export is lost.`);
  const answer = await client.request('/api/v1/audit/export', { timeoutMs: EXPORT_TIMEOUT_MS });
  if (!answer.ok || answer.body === null) throw refusal(answer.status, await answer.json().catch(() => null));
  const partial = `${out}.partial`;
  try {
    await pipeline(Readable.fromWeb(answer.body), createWriteStream(partial, { mode: 0o600 }), { signal: terminal.signal });
    if (!(await endOf(partial)).includes('"type":"end"')) throw new CliError(EXIT.failed, 'The server ended the export before its last line: try again.');
    await rename(partial, out);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof CliError || terminal.signal.aborted) throw error;
    throw new CliError(EXIT.failed, `The export was cut off: ${error instanceof Error ? error.message : String(error)}. Try again.`, { cause: error });
  }
  terminal.print(`${out} holds the log. Verify it: signalbox audit verify ${options.out}`);
  if (options.withDossiers !== undefined) await exportDossiers(client, terminal, out, resolve(terminal.workingDir, options.withDossiers));
}

async function exportDossiers(client: ApiClient, terminal: Terminal, log: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { notes, quoted } = await writeDossiers(client, folder);
  const { bypasses, differing } = await writeBypasses(log, join(folder, BYPASSES), quoted);
  const index = { log, changes: notes, bypasses: { file: BYPASSES, count: bypasses }, differing };
  await writeFile(join(folder, 'index.json'), `${JSON.stringify(index, null, 2)}\n`, { mode: 0o600 });
  terminal.print(`${folder} holds ${notes.length} dossiers and an index; ${bypasses} acts were made without a change request.`);
  if (differing.length > 0) throw new CliError(EXIT.failed, `Entries ${differing.slice(0, 20).join(', ')} are others in the dossiers than in the export: verify the export, and do both again.`);
}

/** A line for each act that was made by hand; and the entries that dossiers quote otherwise than the log has them. */
async function writeBypasses(log: string, path: string, quoted: ReadonlyMap<number, string>): Promise<{ bypasses: number; differing: number[] }> {
  const file = createWriteStream(path, { mode: 0o600 });
  const differing: number[] = [];
  let bypasses = 0;
  for await (const line of jsonLines('/', log)) {
    const entry = (line as { type?: unknown } | undefined)?.type === 'entry' ? readEntry(line) : null;
    if (entry === null) continue;
    if (entry.seq !== null && quoted.has(entry.seq) && quoted.get(entry.seq) !== entry.hash) differing.push(entry.seq);
    if (!isBypass(entry.detail)) continue;
    bypasses += 1;
    if (!file.write(`${JSON.stringify(bypass(entry))}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return { bypasses, differing };
}

function bypass({ id, seq, at, actor, action, subject, reason }: ExportedEntry): object {
  return { id, seq, at, actor, action, subject, reason };
}

async function endOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(END_BYTES), 0, END_BYTES, Math.max(0, size - END_BYTES));
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
