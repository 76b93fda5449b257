import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { keyIdOf, publicKeyOf, signCheckpoint, signingKey } from '#libs/governance/audit/checkpoint';
import { type Config } from '#libs/platform/config/config';
import { loadAuditKey } from '#libs/platform/home/audit-key';
import { WitnessFile } from '#libs/platform/home/witness-file';
import { adoptEntries } from '#libs/store/audit/adopt-entries';
import { AuditCheckpoints } from '#libs/store/audit/audit-checkpoints';
import { exportLog } from '#libs/store/audit/audit-export';
import { AuditLog } from '#libs/store/audit/audit-log';
import { AuditTree } from '#libs/store/audit/audit-tree';
import { AUDIT_CHECKPOINTS, AUDIT_LOG, AUDIT_SIGNER, AUDIT_TREE, AUDIT_VAULT, type AuditSigner, type AuditVault } from './audit-ports.ts';
import { CheckpointKeeper, type KeeperOptions } from './checkpoint-keeper.ts';

export interface StoredAuditOptions extends KeeperOptions {
  /** SIGNALBOX_HOME, for the witness file. */
  readonly home: string;
  /** Seed of the signing key, 32 bytes. */
  readonly seed: Uint8Array;
}

/** The audit log in the database, and the keeper that signs checkpoints of it. */
export function storedAuditPorts({ home, seed, ...options }: StoredAuditOptions): Provider[] {
  return [
    { provide: AUDIT_LOG, useExisting: AuditLog },
    { provide: AUDIT_CHECKPOINTS, inject: [DataSource], useFactory: (dataSource: DataSource) => new AuditCheckpoints(dataSource) },
    { provide: AUDIT_TREE, inject: [DataSource], useFactory: (dataSource: DataSource) => new AuditTree(dataSource) },
    { provide: AUDIT_SIGNER, useValue: auditSigner(seed) },
    { provide: AUDIT_VAULT, inject: [DataSource], useFactory: storedVault },
    {
      provide: CheckpointKeeper,
      inject: [AUDIT_TREE, AUDIT_CHECKPOINTS, AUDIT_SIGNER],
      useFactory: (tree: AuditTree, checkpoints: AuditCheckpoints, signer: AuditSigner) => new CheckpointKeeper({ tree, checkpoints, signer, witness: new WitnessFile(home) }, options),
    },
  ];
}

/** What the configuration says of the audit log. */
export function auditOptions({ home, audit }: Pick<Config, 'home' | 'audit'>): Pick<StoredAuditOptions, 'seed' | 'everyEntries' | 'everyMs'> {
  return { seed: loadAuditKey(home, audit.signingKey), everyEntries: audit.checkpointEntries, everyMs: audit.checkpointSeconds * 1000 };
}

/** @param seed 32 bytes, secret */
export function auditSigner(seed: Uint8Array): AuditSigner {
  const key = signingKey(seed);
  const publicKey = publicKeyOf(key);
  return { publicKey, keyId: keyIdOf(publicKey), sign: (head) => signCheckpoint(head, key) };
}

function storedVault(dataSource: DataSource): AuditVault {
  return {
    export: () => exportLog(dataSource),
    adopt: (who) => dataSource.transaction((manager) => adoptEntries(manager, who)),
  };
}
