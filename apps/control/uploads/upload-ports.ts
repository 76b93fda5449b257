import { type Sha256 } from '#libs/release/component';
import { type UploadArea } from '#libs/checkpoint/components/upload-area';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type Upload, type UploadError, type Uploads } from '#libs/store/registry/uploads';

export const UPLOADS = Symbol('Uploads');
export const UPLOAD_FILES = Symbol('UploadFiles');

/** Rows of uploads. What changes something has its audit entry in the same transaction. */
export interface UploadsPort extends Pick<Uploads, 'find' | 'list' | 'prolong'> {
  open(upload: Omit<Upload, 'state' | 'error'>, maxOpen: number, audit: AuditEntry): Promise<'opened' | 'too-many'>;
  /** false where it had ended. */
  end(id: string, end: { readonly state: 'failed' | 'expired'; readonly error: UploadError | null; readonly atMs: number }, audit: AuditEntry): Promise<boolean>;
  /** Makes a checked file a component version, with its card; `ended` where the upload had ended meanwhile. */
  publish(upload: Upload, atMs: number, audit: AuditEntry): Promise<'published' | 'ended'>;
}

/** Files of uploads that are under way. */
export interface UploadFilesPort extends Pick<UploadArea, 'append' | 'offsetOf' | 'discard' | 'freeBytes'> {
  /** @throws ComponentFileError where it is not what it was said to be, or no sound component */
  verify(upload: Upload, computed: Sha256 | null): Promise<void>;
}
