import { createHash } from 'node:crypto';
import { parseComponentName, type ComponentKind, type Sha256 } from './component.ts';
import { canonicalJson } from './manifest-digest.ts';
import { type ReleaseManifest } from './manifest.ts';

type Parts = Pick<ReleaseManifest, 'routing' | 'components'>;

/**
 * Names all routers of a release at once, with the settings by which their gates become a selection:
 * SHA-256 of the canonical JSON of `{ routers: { <name>: <sha256> }, routing }`.
 */
export function routerSetDigest({ routing, components }: Parts): Sha256 {
  return digestOf({ routers: ofKind(components, 'router'), routing });
}

/** Names all experts of a release at once: SHA-256 of the canonical JSON of `{ experts: { <name>: <sha256> } }`. */
export function expertSetDigest({ components }: Pick<Parts, 'components'>): Sha256 {
  return digestOf({ experts: ofKind(components, 'expert') });
}

function ofKind(components: ReleaseManifest['components'], kind: ComponentKind): Record<string, Sha256> {
  return Object.fromEntries(Object.entries(components).filter(([name]) => parseComponentName(name)?.kind === kind));
}

function digestOf(value: unknown): Sha256 {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}
