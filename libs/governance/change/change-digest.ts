import { createHash } from 'node:crypto';
import { type Sha256 } from '#libs/release/component';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type ChangePayload } from './change-payload.ts';
import { type ChangeBase, type ChangeEffect, type Evidence } from './change-request.ts';

/** SHA-256 of the canonical JSON of what is asked for, what it replaces and what will be written. */
export function changeDigestOf(parts: { readonly payload: ChangePayload; readonly base: ChangeBase; readonly effect: ChangeEffect }): Sha256 {
  const { payload, base, effect } = parts;
  return digestOf({ format: 'signalbox.change/1', payload, base, effect });
}

/** Digests of the evidence that was not removed, sorted and without repeats. */
export function evidenceDigests(evidence: readonly Pick<Evidence, 'sha256' | 'kind' | 'removedAtMs'>[]): readonly Sha256[] {
  const digests = evidence.filter(({ removedAtMs }) => removedAtMs === null).map(({ kind, sha256 }) => `${kind}:${sha256}`);
  return [...new Set(digests)].toSorted();
}

/** What an approval names: the change and its evidence together. */
export function approvalDigestOf(changeDigest: Sha256, evidence: readonly Sha256[]): Sha256 {
  return digestOf({ format: 'signalbox.approval/1', change: changeDigest, evidence });
}

function digestOf(value: unknown): Sha256 {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}
