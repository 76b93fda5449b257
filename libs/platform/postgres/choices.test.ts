import { describe, expect, it } from 'vitest';
import { chooseAccount } from './account.ts';
import { isConnectionLost } from './connection-lost.ts';
import { canTraverse } from './place.ts';
import { judgeServer, parsePostmasterFile } from './postmaster-file.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533:nobody:/nonexistent:/bin/false\nana:x:1000:1000::/home/ana:/bin/sh\nbroken line\n';
const NOBODY = { name: 'nobody', uid: 65534, gid: 65533 };
const folder = (mode: number, uid = 0, gid = 0) => ({ mode, uid, gid });

describe('chooseAccount', () => {
  it.each([
    ['runs as the user itself', 1000, PASSWD, null, { reason: 'ordinary-user', account: null }],
    ['knows systems without users', undefined, '', null, { reason: 'no-users-on-this-system', account: null }],
    ['takes a known unprivileged user for root', 0, PASSWD, null, { reason: 'known-name', account: NOBODY }],
    ['prefers a user made for it', 0, `${PASSWD}postgres:x:101:104::/:/bin/sh\n`, null, { reason: 'known-name', account: { name: 'postgres', uid: 101, gid: 104 } }],
    ['stays with the owner of the data', 0, PASSWD, 1000, { reason: 'owner-of-data', account: { name: 'ana', uid: 1000, gid: 1000 } }],
    ['says when the owner is gone', 0, PASSWD, 4242, { reason: 'none-found', account: null }],
    ['says when there is nobody', 0, 'root:x:0:0:root:/root:/bin/sh\n', null, { reason: 'none-found', account: null }],
  ] as const)('%s', (_name, uid, passwd, owner, expected) => {
    expect(chooseAccount(uid, passwd, owner)).toEqual(expected);
  });
});

describe('canTraverse', () => {
  it('asks for the execute bit of the owner, else of the group, else of the others', () => {
    expect(canTraverse([folder(0o755), folder(0o711)], NOBODY)).toBe(true);
    expect(canTraverse([folder(0o755), folder(0o700)], NOBODY)).toBe(false);
    expect(canTraverse([folder(0o700, NOBODY.uid)], NOBODY)).toBe(true);
    expect(canTraverse([folder(0o077, NOBODY.uid)], NOBODY)).toBe(false);
    expect(canTraverse([folder(0o710, 0, NOBODY.gid)], NOBODY)).toBe(true);
    expect(canTraverse([folder(0o701, 0, NOBODY.gid)], NOBODY)).toBe(false);
  });
});

describe('judgeServer', () => {
  const lines = ['42', '/data', '1700000000', '5433', '', '127.0.0.1', ' 5 6', 'ready   '];
  const ready = parsePostmasterFile(lines.join('\n'));
  const postgres = { alive: true, program: 'postgres' };

  it('reads the file of a server', () => {
    expect(ready).toEqual({ pid: 42, dataDir: '/data', port: 5433, status: 'ready' });
    expect(parsePostmasterFile('')).toBeNull();
    expect(parsePostmasterFile('x\n/data')).toBeNull();
  });

  it('adopts only a ready server and trusts no number alone', () => {
    expect(judgeServer(null, postgres)).toBe('stopped');
    expect(judgeServer(ready, { alive: false, program: null })).toBe('stopped');
    expect(judgeServer(ready, { alive: true, program: 'sshd' })).toBe('stale-file');
    expect(judgeServer(parsePostmasterFile(lines.slice(0, 7).join('\n')), postgres)).toBe('starting');
    expect(judgeServer(ready, postgres)).toBe('ready');
    expect(judgeServer(ready, { alive: true, program: null })).toBe('ready');
  });
});

it('tells a server that went from one that refuses', () => {
  const failure = (message: string, code?: string) => Object.assign(new Error(message), code === undefined ? {} : { code });
  expect(isConnectionLost(failure('read ECONNRESET', 'ECONNRESET'))).toBe(true);
  expect(isConnectionLost(failure('the database system is shutting down', '57P03'))).toBe(true);
  expect(isConnectionLost(failure('Connection terminated unexpectedly'))).toBe(true);
  expect(isConnectionLost(failure('password authentication failed', '28P01'))).toBe(false);
  expect(isConnectionLost('ECONNRESET')).toBe(false);
});
