import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { CliError, EXIT } from '../api/exit-code.ts';

/** More would be a mistake of the server, which must end somewhere. */
const MAX_CHANGES = 100_000;

export interface DossierNote extends Pick<CallOutput<'listChanges'>['items'][number], 'id' | 'type' | 'title' | 'state'> {
  /** Below the folder of the index. */
  readonly file: string;
}

export interface Dossiers {
  readonly notes: readonly DossierNote[];
  /** Hashes of the audit entries that the dossiers quote, by `seq`: those of the export must be the same. */
  readonly quoted: ReadonlyMap<number, string>;
}

/** A file for each change request, newest first. @throws CliError */
export async function writeDossiers(client: ApiClient, folder: string): Promise<Dossiers> {
  const { items, more } = await allPages((cursor) => client.call('listChanges', { query: { cursor, limit: '200' } }), MAX_CHANGES);
  if (more) throw new CliError(EXIT.failed, `The server lists more than ${MAX_CHANGES} changes: that is more than this command takes.`);
  const quoted = new Map<number, string>();
  const notes: DossierNote[] = [];
  for (const { id, type, title, state } of items) {
    const dossier = await client.call('getDossier', { params: { changeId: id } });
    const file = `change-${id}.json`;
    await writeFile(join(folder, file), `${JSON.stringify(dossier, null, 2)}\n`, { mode: 0o600 });
    for (const { seq, hash } of dossier.audit) quoted.set(seq, hash);
    notes.push({ id, type, title, state, file });
  }
  return { notes, quoted };
}
