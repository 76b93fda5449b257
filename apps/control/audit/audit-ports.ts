import { type Checkpoint, type UnsignedCheckpoint } from '#libs/governance/audit/checkpoint';
import { type Adoption } from '#libs/governance/audit/adoption';
import { type AuditCheckpoints } from '#libs/store/audit/audit-checkpoints';
import { type ExportPart } from '#libs/store/audit/audit-export';
import { type AuditEntry, type AuditLog } from '#libs/store/audit/audit-log';
import { type AuditTree } from '#libs/store/audit/audit-tree';

export const AUDIT_LOG = Symbol('AuditLog');
export const AUDIT_CHECKPOINTS = Symbol('AuditCheckpoints');
export const AUDIT_TREE = Symbol('AuditTree');
export const AUDIT_SIGNER = Symbol('AuditSigner');
export const AUDIT_VAULT = Symbol('AuditVault');

export type AuditLogPort = Pick<AuditLog, 'list' | 'find' | 'append'>;
export type AuditCheckpointsPort = Pick<AuditCheckpoints, 'list' | 'insert'>;
export type AuditTreePort = Pick<AuditTree, 'size' | 'links' | 'inclusionPath'>;

/** Signs with a key that it does not show. */
export interface AuditSigner {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly keyId: string;
  sign(head: UnsignedCheckpoint): Checkpoint;
}

/** The log as a whole. */
export interface AuditVault {
  /** The entries and checkpoints of one moment; to be read to its end or given up by `return()`. */
  export(): AsyncGenerator<ExportPart>;
  /** null where no entry is outside the chain. */
  adopt(who: Pick<AuditEntry, 'atMs' | 'actor' | 'reason' | 'requestId'>): Promise<Adoption | null>;
}
