import { seededUniform, shuffled } from './random.ts';

/** One text as it went through a release: the attacker trains on some and is measured on the others. */
export interface RoutedDocument {
  /** Its class, such as the domain; empty where the text has none. */
  readonly label: string;
  /** [rows]: token of each row. */
  readonly tokens: Uint32Array;
  /** [rows][layers][k], by descending gate. */
  readonly expertIds: Uint16Array;
  /** Same shape as expertIds. */
  readonly gates: Float32Array;
}

export interface RouteShape {
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
}

export interface SplitDocuments<T> {
  readonly train: readonly T[];
  readonly heldOut: readonly T[];
}

/**
 * Parts documents at random, class by class, so that each class is in both parts where it has two or more.
 * @param heldOutShare between 0 and 1
 */
export function splitDocuments<T extends { readonly label: string }>(documents: readonly T[], heldOutShare: number, seed: number): SplitDocuments<T> {
  const uniform = seededUniform(seed);
  const train: T[] = [];
  const heldOut: T[] = [];
  const byLabel = Map.groupBy(documents, ({ label }) => label);
  for (const label of [...byLabel.keys()].toSorted()) {
    const mixed = shuffled(byLabel.get(label)!, uniform);
    const out = mixed.length < 2 ? 0 : Math.min(mixed.length - 1, Math.max(1, Math.round(mixed.length * heldOutShare)));
    heldOut.push(...mixed.slice(0, out));
    train.push(...mixed.slice(out));
  }
  // Mixed, so that the first documents of a learning curve are of all classes.
  return { train: shuffled(train, uniform), heldOut };
}

export function countTokens(documents: readonly Pick<RoutedDocument, 'tokens'>[]): number {
  return documents.reduce((sum, { tokens }) => sum + tokens.length, 0);
}
