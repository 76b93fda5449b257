import { type Provider } from '@nestjs/common';
import { toAuditRecord } from '#libs/governance/audit/audit-record';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type StoredAuditEntry } from '#libs/store/audit/audit-rows';
import { AUDIT_CHECKPOINTS, AUDIT_LOG, AUDIT_SIGNER, AUDIT_TREE, AUDIT_VAULT, type AuditCheckpointsPort, type AuditLogPort, type AuditTreePort, type AuditVault } from '../audit/audit-ports.ts';
import { auditSigner } from '../audit/stored-audit.ts';

/** An audit log over entries in memory, without hashes and checkpoints. */
export function fakeAudit(entries: (AuditEntry & { id: string })[]): Provider[] {
  const stored = (): StoredAuditEntry[] => entries.map((entry) => ({ ...toAuditRecord(entry, Number(entry.id)), id: entry.id, previousHash: null, hash: null }));
  const log: AuditLogPort = {
    list: async (limit, beforeId) => stored().toReversed().filter(({ id }) => beforeId === null || beforeId === undefined || Number(id) < Number(beforeId)).slice(0, limit),
    find: async (id) => stored().find((entry) => entry.id === id) ?? null,
    append: async (entry) => void entries.push({ ...entry, id: String(entries.length + 1) }),
  };
  const checkpoints: AuditCheckpointsPort = { list: async () => [], insert: async () => false };
  const tree: AuditTreePort = { size: async () => 0, async *links() {}, inclusionPath: async () => [] };
  const vault: AuditVault = { async *export() {}, adopt: async () => null };
  return [
    { provide: AUDIT_LOG, useValue: log },
    { provide: AUDIT_CHECKPOINTS, useValue: checkpoints },
    { provide: AUDIT_TREE, useValue: tree },
    { provide: AUDIT_VAULT, useValue: vault },
    { provide: AUDIT_SIGNER, useValue: auditSigner(Buffer.alloc(32, 1)) },
  ];
}
