import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { type Findings } from './findings.ts';
import { GrowingTree } from './merkle-tree.ts';

/** A statement about the beginning of the log that the log itself must agree with. */
export interface Anchor {
  readonly source: 'checkpoint' | 'witness' | 'earlier-export';
  readonly treeSize: number;
  /** 64 hexadecimal digits. */
  readonly root: string;
  /** When it was made; null where it does not say. */
  readonly at: string | null;
}

export interface AnchorOutcome {
  /** Anchors that the log agrees with, by tree size. */
  readonly agreed: readonly Anchor[];
  /** Anchors that could not be checked, because entries before them are missing. */
  readonly unchecked: number;
}

/** Checkpoints that a trusted key signed; what is wrong with the others goes to the findings. */
export function trustedCheckpoints(
  checkpoints: readonly Checkpoint[],
  source: 'checkpoint' | 'witness',
  keys: ReadonlyMap<string, Uint8Array>,
  findings: Findings,
): readonly (Checkpoint & Anchor)[] {
  return checkpoints.flatMap((checkpoint) => {
    const { treeSize, keyId } = checkpoint;
    const name = `The ${source === 'witness' ? 'witnessed checkpoint' : 'checkpoint'} of ${treeSize} entries`;
    const key = keys.get(keyId);
    if (key === undefined) {
      findings.add('unknown-key', treeSize, `${name} is signed by the key ${keyId.slice(0, 16)}, which is not trusted here. If it is an earlier key of this log, give it too.`);
      return [];
    }
    if (!verifyCheckpoint(checkpoint, key)) {
      findings.add('bad-signature', treeSize, `${name} is not what the key ${keyId.slice(0, 16)} signed: it was changed or forged.`);
      return [];
    }
    return [{ ...checkpoint, source }];
  });
}

/**
 * Holds a log against statements about it.
 * @param leaves leaf hashes of the entries from 1 up to the first gap
 * @param entries number of the last entry
 */
export function checkAnchors(anchors: readonly Anchor[], leaves: readonly Uint8Array[], entries: number, findings: Findings): AnchorOutcome {
  const tree = new GrowingTree();
  const agreed: Anchor[] = [];
  let unchecked = 0;
  for (const anchor of anchors.toSorted((a, b) => a.treeSize - b.treeSize)) {
    const { treeSize } = anchor;
    if (treeSize > entries) {
      findings.add('truncated-log', treeSize, `${nameOf(anchor)} has ${treeSize} entries; the log ends at ${entries}. If the export was written before that, export again.`);
    } else if (treeSize > leaves.length) unchecked += 1;
    else {
      for (const leaf of leaves.slice(tree.size, treeSize)) tree.append(leaf);
      if (Buffer.from(tree.root()).toString('hex') === anchor.root) agreed.push(anchor);
      else {
        const since = agreed.at(-1)?.treeSize ?? 0;
        findings.add('rewritten-log', treeSize, `${nameOf(anchor)} has other entries than the log: at least one of entries ${since + 1} to ${treeSize} was replaced, or the checkpoint was.`);
      }
    }
  }
  return { agreed, unchecked };
}

function nameOf({ source, at }: Anchor): string {
  if (source === 'earlier-export') return 'The earlier export';
  return `${source === 'witness' ? 'The witness' : 'The checkpoint'}${at === null ? '' : ` of ${at}`}`;
}
