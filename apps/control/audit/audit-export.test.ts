import { type FastifyReply } from 'fastify';
import { text } from 'node:stream/consumers';
import { type Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { type Principal } from '#libs/platform/auth/scopes';
import { type ExportPart } from '#libs/store/audit/audit-export';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { AuditExportController } from './audit-export.controller.ts';
import { auditSigner } from './stored-audit.ts';

const CALLER = { accountId: 'user:1', name: 'Ada', keyId: null } as Principal;

function desk(log: (entry: AuditEntry) => Promise<void> = async () => undefined) {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  async function* parts(): AsyncGenerator<ExportPart> {
    await held;
    yield { type: 'checkpoint', treeSize: 1, root: '', at: '', keyId: '', signature: '' };
  }
  const settings = { minRequests: 1, retentionDays: 7, version: '0', now: () => 0 } as ConstructorParameters<typeof AuditExportController>[3];
  const controller = new AuditExportController({ export: parts, adopt: async () => null }, { append: log, list: async () => [], find: async () => null }, auditSigner(Buffer.alloc(32, 1)), settings);
  const start = async (): Promise<Readable> => {
    let sent: Readable | null = null;
    const reply = { header: () => reply, send: (stream: Readable) => ((sent = stream), reply) };
    await controller.export(CALLER, reply as unknown as FastifyReply);
    if (sent === null) throw new Error('nothing was sent');
    return sent;
  };
  return { start, release };
}

it('notes who exports before the first line, and exports nothing that it cannot note', async () => {
  const noted: AuditEntry[] = [];
  const { start, release } = desk(async (entry) => void noted.push(entry));
  release();
  expect((await text(await start())).trimEnd().split('\n').map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['header', 'checkpoint', 'end']);
  expect(noted).toMatchObject([{ action: 'audit.export', actor: 'user:1' }]);
  const broken = desk(async () => Promise.reject(new Error('away')));
  for (let i = 0; i < 2; i += 1) await expect(broken.start()).rejects.toThrow('away');
});

it('runs one export at a time, and another when its reader has gone', async () => {
  const { start, release } = desk();
  const first = await start();
  await expect(start()).rejects.toMatchObject({ status: 429, code: 'export_running' });
  first.destroy();
  release();
  await expect.poll(() => start().then(text)).toContain('"type":"end"');
});
