import { type ComponentName, type Sha256 } from '#libs/release/component';
import { type Tensors } from '#libs/checkpoint/components/canonical-tensors';
import { type TensorComparison } from '#libs/checkpoint/components/compare-components';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type CardWrite } from '#libs/store/registry/component-card';
import { type ComponentVersions } from '#libs/store/registry/component-versions';
import { type Reference } from '#libs/store/registry/references';

export const COMPONENT_VERSIONS = Symbol('ComponentVersions');
export const COMPONENT_WRITER = Symbol('ComponentWriter');
export const COMPONENT_FILES = Symbol('ComponentFiles');

export type ComponentVersionsPort = Pick<ComponentVersions, 'search' | 'find' | 'holders' | 'children' | 'ancestors' | 'known'>;

export type RemovalOutcome =
  | { readonly removed: true }
  | { readonly removed: false; readonly reason: 'missing' | 'importing' }
  | { readonly removed: false; readonly reason: 'referenced'; readonly references: readonly Reference[] };

/** `boundBy`: a model that holds the version and changes only by approved requests. */
export type CardOutcome = 'written' | 'stale' | { readonly boundBy: string };

/** Changes of component versions, each with its audit entry in one transaction. */
export interface ComponentWriterPort {
  writeCard(write: CardWrite, audit: AuditEntry): Promise<CardOutcome>;
  /** The row first, the file after it; see Removals. */
  remove(sha256: Sha256, audit: AuditEntry): Promise<RemovalOutcome>;
}

/** The files of component versions. */
export interface ComponentFilesPort {
  has(sha256: Sha256): Promise<boolean>;
  /** Tensors of a weight component. @throws Error where its file is missing or damaged */
  tensors(sha256: Sha256): Promise<Tensors>;
  /** Bytes that its weights take in the engine; 0 for a tokenizer. @throws Error where its file is missing or damaged */
  weightBytes(name: ComponentName, sha256: Sha256): Promise<number>;
  compare(a: Sha256, b: Sha256): Promise<readonly TensorComparison[]>;
}
