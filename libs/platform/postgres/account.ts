/** A user of the system, by numbers. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const PREFERRED_NAMES = ['postgres', 'nobody', 'daemon'];

export type AccountChoice =
  | { readonly reason: 'ordinary-user' | 'no-users-on-this-system'; readonly account: null }
  | { readonly reason: 'owner-of-data' | 'known-name'; readonly account: Account }
  | { readonly reason: 'none-found'; readonly account: null };

/**
 * Who runs PostgreSQL. It refuses root, and it looks its user up in the passwd file, so an
 * arbitrary number will not do.
 * @param processUid - undefined where the system has no such thing (Windows)
 * @param passwd - text of /etc/passwd
 * @param dataOwnerUid - owner of an existing data folder, else null: the server must go on as that
 */
export function chooseAccount(processUid: number | undefined, passwd: string, dataOwnerUid: number | null): AccountChoice {
  if (processUid === undefined) return { reason: 'no-users-on-this-system', account: null };
  if (processUid !== 0) return { reason: 'ordinary-user', account: null };
  const accounts = passwd.split('\n').flatMap(parseAccount);
  if (dataOwnerUid !== null && dataOwnerUid !== 0) {
    const owner = accounts.find((account) => account.uid === dataOwnerUid);
    return owner === undefined ? { reason: 'none-found', account: null } : { reason: 'owner-of-data', account: owner };
  }
  for (const name of PREFERRED_NAMES) {
    const account = accounts.find((candidate) => candidate.name === name);
    if (account !== undefined) return { reason: 'known-name', account };
  }
  return { reason: 'none-found', account: null };
}

function parseAccount(line: string): Account[] {
  const [name, , uid, gid] = line.split(':');
  if (name === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '') || Number(uid) === 0) return [];
  return [{ name, uid: Number(uid), gid: Number(gid) }];
}
