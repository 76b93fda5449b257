import { type ReleaseManifest } from '#libs/release/manifest';
import { type Routes } from '../probe/probe.ts';

/** Adds where rows went to counts, [layers][experts]. */
export function addUsage(counts: number[][], { expertIds }: Routes, { shape, routing }: ReleaseManifest): void {
  const { layers } = shape;
  const { topK } = routing;
  for (let at = 0; at < expertIds.length; at += 1) counts[Math.floor(at / topK) % layers]![expertIds[at]!]! += 1;
}

export function emptyUsage({ layers, experts }: ReleaseManifest['shape']): number[][] {
  return Array.from({ length: layers }, () => Array<number>(experts).fill(0));
}

/** Decisions (a token in a layer) whose set of experts is another one, and all decisions. */
export function changedDecisions(own: Routes, other: Routes, topK: number): { readonly changed: number; readonly decisions: number } {
  let changed = 0;
  for (let at = 0; at < own.expertIds.length; at += topK) {
    const set = new Set(other.expertIds.subarray(at, at + topK));
    if (!own.expertIds.subarray(at, at + topK).every((expert) => set.has(expert))) changed += 1;
  }
  return { changed, decisions: own.expertIds.length / topK };
}
