import { eBenjaminiHochberg } from '#libs/stats/e-benjamini-hochberg';
import { logEvidence, placeBets, startBets } from '#libs/stats/sequential/bets';
import { addToBlock, openBlock } from '#libs/stats/sequential/paired-blocks';

/** Numbers kept of each expert: the open block (4), the sum of its shares, observations, then the wealths. */
const HEAD = 6;
const BETS = startBets().logWealth.length;
const CELL = HEAD + BETS;
/** Fewer requests do not say what an ordinary share of an expert is. */
const LEAST_REQUESTS = 20;
/** Version of the packed form. */
const VERSION = 1;

/** Bets, for each expert of a release, that requests which go through it are liked less than others. */
export interface QualityTest {
  readonly layers: number;
  readonly experts: number;
  requests: number;
  /** [layers x experts x 12] */
  readonly cells: Float64Array;
}

export function startQualityTest(layers: number, experts: number): QualityTest {
  return { layers, experts, requests: 0, cells: new Float64Array(layers * experts * CELL) };
}

/**
 * Takes one scored request. It is on the side of an expert if more of its tokens went there than of requests
 * before it on average, else on the other; the difference of the sides' mean scores in each closed block is bet
 * on (addToBlock, placeBets). Which side a request is on depends on its own routing and on the past, so if the
 * score does not depend on the routing given the past, the wealth is a non-negative supermartingale that starts
 * at 1 and stays valid whenever it is looked at (Shekhar & Ramdas 2023; Ville 1939).
 * @param shares share of its tokens on each expert. [layers x experts]
 * @throws RangeError for shares of another shape
 */
export function testScore(test: QualityTest, shares: ArrayLike<number>, score: number): void {
  const { cells } = test;
  if (shares.length * CELL !== cells.length) throw new RangeError(`${shares.length} shares for ${test.layers} layers of ${test.experts} experts`);
  for (let cell = 0; cell < shares.length; cell += 1) {
    const at = cell * CELL;
    const share = shares[cell] ?? 0;
    const usual = test.requests > 0 ? cells[at + 4]! / test.requests : 0;
    cells[at + 4]! += share;
    if (test.requests < LEAST_REQUESTS) continue;
    const block = { ...openBlock(), treated: cells[at]!, treatedSum: cells[at + 1]!, control: cells[at + 2]!, controlSum: cells[at + 3]! };
    const difference = addToBlock(block, share > usual ? 'treated' : 'control', score);
    cells.set([block.treated, block.treatedSum, block.control, block.controlSum], at);
    if (difference === null) continue;
    const bets = { logWealth: Array.from(cells.subarray(at + HEAD, at + CELL)), observations: cells[at + 5]! };
    placeBets(bets, -difference, { low: -1, margin: 0 });
    cells[at + 5] = bets.observations;
    cells.set(bets.logWealth, at + HEAD);
  }
  test.requests += 1;
}

export interface QualityVerdict {
  readonly eValue: number;
  /** The e-BH procedure rejects, at `level`, that its requests are liked as well as others. */
  readonly isWorse: boolean;
}

/** What the test says of each expert: the expected share of false ones among the worse is at most `level`, at any time. [layers x experts] */
export function qualityVerdicts({ layers, experts, cells }: QualityTest, level: number): readonly QualityVerdict[] {
  const eValues = Array.from({ length: layers * experts }, (_, cell) => {
    const at = cell * CELL;
    // Kept finite, because it goes into JSON and a column.
    return Math.min(1e300, Math.exp(logEvidence({ logWealth: Array.from(cells.subarray(at + HEAD, at + CELL)), observations: 0 })));
  });
  const worse = new Set(eBenjaminiHochberg(eValues, level));
  return eValues.map((eValue, cell) => ({ eValue, isWorse: worse.has(cell) }));
}

/** As bytes: version, layers, experts and requests, then the cells, as doubles of 8 bytes, little-endian. */
export function packQualityTest({ layers, experts, requests, cells }: QualityTest): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * (4 + cells.length)));
  [VERSION, layers, experts, requests, ...cells].forEach((value, at) => view.setFloat64(at * 8, value, true));
  return new Uint8Array(view.buffer);
}

/** @throws RangeError for bytes of another version, or of another length than they say */
export function unpackQualityTest(bytes: Uint8Array): QualityTest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (at: number): number => view.getFloat64(at * 8, true);
  if (bytes.byteLength < 32 || number(0) !== VERSION) throw new RangeError(`a quality test of version ${VERSION} was expected`);
  const test = { ...startQualityTest(number(1), number(2)), requests: number(3) };
  if (bytes.byteLength !== 8 * (4 + test.cells.length)) throw new RangeError(`a quality test of ${bytes.byteLength} bytes; ${8 * (4 + test.cells.length)} were expected`);
  for (let at = 0; at < test.cells.length; at += 1) test.cells[at] = number(at + 4);
  return test;
}
