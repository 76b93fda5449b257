import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Account } from './account.ts';

/** Permissions of one folder on the way to a place. */
export interface FolderAccess {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Whether a user may walk through all these folders, by their owner, group and other bits. */
export function canTraverse(folders: readonly FolderAccess[], account: Account): boolean {
  return folders.every(({ mode, uid, gid }) => {
    if (uid === account.uid) return (mode & 0o100) !== 0;
    if (gid === account.gid) return (mode & 0o010) !== 0;
    return (mode & 0o001) !== 0;
  });
}

/**
 * The folder for the server's data, log and, where needed, copied programs: `home`/postgres, or,
 * if the account cannot reach that (a home under /root), a new folder `name` of /var/lib/signalbox.
 * The caller records the choice, so that a later change of permissions does not lose the data.
 */
export function choosePlace(home: string, account: Account | null, name: string): string {
  if (account === null || canTraverse(folderAccess(home), account)) return join(home, 'postgres');
  return join('/var/lib/signalbox', name);
}

function folderAccess(path: string): FolderAccess[] {
  const folders: FolderAccess[] = [];
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    folders.push(lstatSync(folder));
    if (dirname(folder) === folder) return folders;
  }
}
