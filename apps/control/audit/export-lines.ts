import { type ExportEnd, EXPORT_FORMAT, type ExportHeader } from '#libs/governance/audit/exported-entry';
import { type AuditSigner, type AuditVault } from './audit-ports.ts';

/** The lines of an export: header, entries, checkpoints, end. */
export async function* exportLines(vault: Pick<AuditVault, 'export'>, { keyId, publicKey }: AuditSigner, atMs: number): AsyncGenerator<string> {
  const keys = [{ keyId, publicKey: Buffer.from(publicKey).toString('base64') }];
  yield line({ type: 'header', format: EXPORT_FORMAT, exportedAt: new Date(atMs).toISOString(), keys } satisfies ExportHeader);
  let entries = 0;
  let checkpoints = 0;
  for await (const part of vault.export()) {
    if (part.type === 'entry') entries += 1;
    else checkpoints += 1;
    yield line(part);
  }
  yield line({ type: 'end', entries, checkpoints } satisfies ExportEnd);
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;
