import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adoptionDigest, ADOPTION_START } from './adoption.ts';
import { type AuditDraft, CHAIN_START, entryHash, toAuditRecord } from './audit-record.ts';
import { keyIdOf, publicKeyOf, signCheckpoint, signingKey } from './checkpoint.ts';
import { leafHash, treeRoot } from './merkle-tree.ts';
import { type Evidence, LogVerifier, type VerifyReport } from './verify-log.ts';

type Line = Record<string, unknown>;
interface Log {
  readonly lines: Line[];
  readonly witness: Line[];
}

const KEY = signingKey(Buffer.alloc(32, 7));
const PUBLIC = publicKeyOf(KEY);
const NOTHING: Evidence = { keys: [PUBLIC], keyIds: [], witness: null, earlier: null };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A log as a server would export it, with a checkpoint at every third entry. */
function logOf(size: number, { key = KEY, draft = (n: number): Partial<AuditDraft> => ({ detail: { n } }), old = [] as Line[] } = {}): Log {
  let previous = CHAIN_START;
  const entries: Line[] = [];
  const leaves: Uint8Array[] = [];
  const checkpoints: Line[] = [];
  for (let seq = 1; seq <= size; seq += 1) {
    const record = toAuditRecord({ atMs: seq * 1000, actor: 'user:1', action: 'test.act', subject: `thing/${seq}`, requestId: null, detail: {}, ...draft(seq) }, seq);
    const hash = entryHash(record, previous);
    entries.push({ type: 'entry', id: seq + old.length, ...record, previousHash: hex(previous), hash: hex(hash) });
    leaves.push(leafHash(hash));
    previous = hash;
    if (seq % 3 === 0) checkpoints.push({ type: 'checkpoint', ...signCheckpoint({ treeSize: seq, root: hex(treeRoot(leaves)), at: new Date(seq).toISOString() }, key) });
  }
  const all = [...entries, ...old];
  return {
    lines: [
      { type: 'header', format: 'signalbox.audit-export/1', exportedAt: 'x', keys: [{ keyId: keyIdOf(publicKeyOf(key)), publicKey: publicKeyOf(key).toString('base64') }] },
      ...all, ...checkpoints,
      { type: 'end', entries: all.length, checkpoints: checkpoints.length },
    ],
    witness: checkpoints,
  };
}

function verify(lines: readonly unknown[], evidence: Partial<Evidence> = {}): VerifyReport {
  const verifier = new LogVerifier();
  for (const line of lines) verifier.add(line);
  return verifier.finish({ ...NOTHING, ...evidence });
}

const kinds = ({ findings }: VerifyReport): string[] => [...new Set(findings.map(({ kind }) => kind))].toSorted();

describe('an untouched log', () => {
  it('verifies, and says what it rests on', () => {
    const { lines, witness } = logOf(10);
    const report = verify(lines, { witness, earlier: { treeSize: 9, root: witness[2]!['root'] as string } });
    expect(report).toMatchObject({ ok: true, findings: [], entries: { chained: 10, unchained: 0, adopted: 0 }, head: { seq: 10 } });
    expect(report.proved).toHaveLength(4);
    expect(report.notProved.join()).toContain('Entries 10 to 10 are not signed yet');
    expect(report.notProved.join()).not.toContain('--witness');
    expect(verify(lines, { keys: [] }).notProved.join()).toContain('--key');
    expect(verify(lines, { keys: [], keyIds: [keyIdOf(PUBLIC)] }).ok).toBe(true);
  });

  it('may be empty', () => expect(verify(logOf(0).lines)).toMatchObject({ ok: true, head: null }));
});

it('finds any change of any field of any line', () => {
  const { lines } = logOf(9, { draft: (n) => ({ detail: { n, deep: [{ x: null }] }, before: { a: n }, after: 'é', reason: 'r', requestId: 'q' }) });
  const checked = lines.slice(1).flatMap((line, index) => Object.keys(line).filter((field) => !(field === 'type')).map((field) => [index + 1, field] as const));
  fc.assert(
    fc.property(fc.constantFrom(...checked), fc.anything({ withNullPrototype: false }), ([index, field], value) => {
      const was = JSON.stringify(lines[index]![field]);
      const now = JSON.stringify(value) as string | undefined;
      fc.pre(now !== undefined && now !== was && !(field === 'id' && typeof value === 'number'));
      expect(verify(lines.with(index, { ...lines[index], [field]: JSON.parse(now ?? 'null') as unknown })).ok).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

it('finds any line that is left out, doubled or in the wrong place', () => {
  const { lines } = logOf(9);
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.nat(lines.length - 1), (at, other) => {
      expect(verify(lines.toSpliced(at, 1)).ok).toBe(false);
      expect(verify(lines.toSpliced(at, 0, lines[other]!)).ok).toBe(false);
      const isEntry = (line: Line): boolean => line['type'] === 'entry';
      if (at !== other && isEntry(lines[at]!) && isEntry(lines[other]!)) expect(verify(lines.with(at, lines[other]!).with(other, lines[at]!)).ok).toBe(false);
    }),
  );
});

describe('named', () => {
  const renumbered = (lines: Line[], entries: number, checkpoints: number): Line[] => lines.toSpliced(-1, 1, { type: 'end', entries, checkpoints });

  it('a reordering, by both its ways', () => {
    const { lines } = logOf(9);
    const [a, b] = [lines[4]!, lines[6]!];
    expect(verify(lines.with(4, { ...b, seq: 4 }).with(6, { ...a, seq: 6 })).findings).toContainEqual({ kind: 'reordered-entry', seq: 4, message: 'Entry 4 (test.act) was entry 6.' });
    const contents = lines.with(4, { ...b, id: a['id'], seq: 4, hash: a['hash'], previousHash: a['previousHash'] }).with(6, { ...a, id: b['id'], seq: 6, hash: b['hash'], previousHash: b['previousHash'] });
    expect(kinds(verify(contents))).toEqual(['reordered-entry']);
  });

  it('a log of another key, and one whose end was cut off with its checkpoints', () => {
    const other = logOf(9, { key: signingKey(Buffer.alloc(32, 8)), draft: () => ({ detail: { forged: true } }) });
    expect(kinds(verify(other.lines))).toEqual(['unknown-key']);
    const { lines, witness } = logOf(9);
    const cut = renumbered(lines.filter(({ type, seq, treeSize }) => !(type === 'entry' && (seq as number) > 4) && !(type === 'checkpoint' && (treeSize as number) > 4)), 4, 1);
    expect(verify(cut).ok).toBe(true);
    expect(kinds(verify(cut, { witness }))).toEqual(['missing-checkpoint', 'truncated-log']);
    expect(kinds(verify(cut, { earlier: { treeSize: 9, root: '00'.repeat(32) } }))).toEqual(['truncated-log']);
  });

  it('a log that a holder of the key wrote anew, by witness or earlier export', () => {
    const { witness } = logOf(9);
    const forged = logOf(9, { draft: () => ({ detail: { forged: true } }) }).lines;
    expect(verify(forged).ok).toBe(true);
    expect(kinds(verify(forged, { witness }))).toEqual(['missing-checkpoint', 'rewritten-log']);
    expect(kinds(verify(forged, { earlier: { treeSize: 9, root: witness[2]!['root'] as string } }))).toEqual(['rewritten-log']);
  });

  it('a changed witness', () => {
    const { lines, witness } = logOf(9);
    expect(kinds(verify(lines, { witness: witness.with(0, { ...witness[0], root: '00'.repeat(32) }) }))).toEqual(['bad-signature']);
    expect(kinds(verify(lines, { witness: ['x'] }))).toEqual(['malformed-line']);
  });

  it('entries outside the chain that nobody adopted, and adopted ones that changed', () => {
    const old = [1, 2].map((id) => ({ type: 'entry', id, seq: null, at: 'x', actor: 'a', action: 'old.act', subject: 's', requestId: null, reason: null, detail: { id }, before: null, after: null, previousHash: null, hash: null }));
    expect(kinds(verify(logOf(3, { old }).lines))).toEqual(['unchained-entry']);
    const digest = hex(old.reduce<Uint8Array>((before, entry) => adoptionDigest(before, entry), ADOPTION_START));
    const draft = (n: number): Partial<AuditDraft> => (n === 1 ? { action: 'audit.adopt', detail: { fromId: 1, toId: 2, entries: 2, digest } } : {});
    const { lines } = logOf(3, { old, draft });
    const report = verify(lines);
    expect(report).toMatchObject({ ok: true, entries: { chained: 3, unchained: 2, adopted: 2 } });
    expect(report.notProved.join()).toContain('Who wrote the 2 adopted entries');
    expect(kinds(verify(lines.with(4, { ...lines[4], detail: { id: 9 } })))).toEqual(['altered-adopted-entries']);
  });
});
