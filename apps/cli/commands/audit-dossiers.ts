import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { refusal } from '../api/refusal.ts';

/** More would be a mistake of the server, which must end somewhere. */
const MAX_CHANGES = 100_000;
const CHANGE_ID = /^[0-9A-Za-z-]{1,64}$/;

export interface DossierNote {
  readonly changeId: string;
  /** Below the folder of the index. */
  readonly file: string;
  /** What the list of changes says of it. */
  readonly change: unknown;
}

/** A file for each change request, oldest facts first as the server orders them; null where the server has no change requests. */
export async function writeDossiers(client: ApiClient, folder: string): Promise<DossierNote[] | null> {
  const notes: DossierNote[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await getJson(client, `/api/v1/changes?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    if (page === null) return null;
    const { items, nextCursor } = page as { items: readonly { id?: unknown; changeId?: unknown }[]; nextCursor: string | null };
    for (const change of items) {
      const changeId = String(change.changeId ?? change.id);
      if (!CHANGE_ID.test(changeId)) throw new CliError(EXIT.failed, `The server names a change "${changeId.slice(0, 80)}", which can be no file name: use the signalbox of the same version.`);
      const file = `change-${changeId}.json`;
      const dossier = await getJson(client, `/api/v1/changes/${changeId}/dossier`);
      await writeFile(join(folder, file), `${JSON.stringify(dossier, null, 2)}\n`, { mode: 0o600 });
      notes.push({ changeId, file, change });
      if (notes.length > MAX_CHANGES) throw new CliError(EXIT.failed, `The server lists more than ${MAX_CHANGES} changes.`);
    }
    cursor = nextCursor;
  }
  return notes;
}

/** null for 404. */
async function getJson(client: ApiClient, path: string): Promise<unknown> {
  const answer = await client.request(path);
  const json: unknown = await answer.json().catch(() => null);
  if (answer.status === 404) return null;
  if (!answer.ok) throw refusal(answer.status, json);
  return json;
}
