import { type z } from 'zod';
import { type auditSchema } from '#libs/contract/management/audit';
import { toExportedEntry } from '#libs/store/audit/audit-export';
import { type StoredAuditEntry } from '#libs/store/audit/audit-rows';

/** An entry as the API shows it. */
export function entryBody(entry: StoredAuditEntry): z.output<typeof auditSchema>['items'][number] {
  const { detail, ...same } = toExportedEntry(entry);
  return { ...same, id: entry.id, details: detail };
}
