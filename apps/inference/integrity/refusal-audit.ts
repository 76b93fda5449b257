import { hostname } from 'node:os';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { IntegrityError } from './component-check.ts';
import { SignatureRefusedError } from './signature-guard.ts';

/** Refusals remembered, so that each is audited once a process though loading is tried again and again. */
const MAX_REMEMBERED = 1000;

/** Puts refusals for integrity or signatures into the audit log. */
export function refusalAuditor(
  append: (entry: AuditEntry) => Promise<void>,
  nowMs: () => number,
  tellFailure: (error: unknown) => void,
): (releaseId: string, manifest: ReleaseManifest, error: unknown) => Promise<void> {
  const told = new Set<string>();
  return async (releaseId, manifest, error) => {
    if (!(error instanceof IntegrityError || error instanceof SignatureRefusedError)) return;
    const key = `${releaseId} ${error.message}`;
    if (told.has(key)) return;
    if (told.size >= MAX_REMEMBERED) told.clear();
    told.add(key);
    const component = error instanceof IntegrityError ? error.component : null;
    try {
      await append({
        atMs: nowMs(),
        actor: 'system',
        action: 'release.refuse-load',
        subject: `release/${releaseId}`,
        detail: { model: manifest.model, reason: error.reason, component, message: error.message, host: hostname() },
        requestId: null,
      });
    } catch (failure) {
      // The release is refused all the same; the next attempt writes the entry.
      told.delete(key);
      tellFailure(failure);
    }
  };
}
