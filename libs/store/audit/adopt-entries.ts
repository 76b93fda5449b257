import { type EntityManager } from 'typeorm';
import { ADOPT_ACTION, type Adoption, ADOPTION_START, adoptionDigest, readAdoption } from '#libs/governance/audit/adoption';
import { LOCKS } from '../locks.ts';
import { appendAudit, type AuditEntry } from './audit-log.ts';
import { unchainedEntries } from './audit-rows.ts';

/**
 * Takes the entries that a version without the chain wrote under the protection of the chain, by an
 * entry that states how many they are and their digest. Null, and nothing written, when there are none.
 * Waits for writers under way and keeps others out until the transaction ends.
 */
export async function adoptEntries(manager: EntityManager, who: Pick<AuditEntry, 'atMs' | 'actor' | 'reason' | 'requestId'>): Promise<Adoption | null> {
  // First the lock of the chain, as appendAudit takes it: the other order could deadlock with it.
  await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.audit]);
  await manager.query('SELECT signalbox.lock_audit_entries()');
  const earlier = (await manager.query('SELECT detail FROM signalbox.audit_entry WHERE seq IS NOT NULL AND action = $1', [ADOPT_ACTION])) as { detail: unknown }[];
  const doneId = Math.max(0, ...earlier.map(({ detail }) => readAdoption(detail)?.toId ?? 0));
  let toId = doneId;
  let entries = 0;
  let digest: Uint8Array = ADOPTION_START;
  for await (const entry of unchainedEntries(manager, doneId)) {
    toId = Number(entry.id);
    entries += 1;
    digest = adoptionDigest(digest, { ...entry, id: toId });
  }
  if (entries === 0) return null;
  const adoption: Adoption = { fromId: doneId + 1, toId, entries, digest: Buffer.from(digest).toString('hex') };
  await appendAudit(manager, { ...who, action: ADOPT_ACTION, subject: 'audit', detail: { ...adoption } });
  return adoption;
}
