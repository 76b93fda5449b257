import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Checkpoint } from '#libs/governance/audit/checkpoint';
import { type ChainLink } from '#libs/store/audit/audit-tree';
import { CheckpointKeeper, type KeeperOptions } from './checkpoint-keeper.ts';
import { auditSigner } from './stored-audit.ts';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['error']));

/** A log, its checkpoints and a witness in memory, which several keepers may share. */
class House {
  nowMs = 0;
  isAway = false;
  readonly links: ChainLink[] = [];
  readonly stored: Checkpoint[] = [];
  readonly witnessed: Checkpoint[] = [];

  add(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const previousHash = this.links.at(-1)?.hash ?? new Uint8Array(32);
      this.links.push({ seq: this.links.length + 1, previousHash, hash: Buffer.alloc(32, this.links.length + 1) });
    }
  }

  keeper(options: Partial<KeeperOptions> = {}, seed = 1): CheckpointKeeper {
    const { links, stored, witnessed } = this;
    const size = async (): Promise<number> => {
      if (this.isAway) throw new Error('the database is away');
      return links.length;
    };
    return new CheckpointKeeper(
      {
        tree: { size, async *links(from, to) { yield links.slice(from - 1, to); }, inclusionPath: async () => [] },
        checkpoints: {
          list: async (limit) => stored.toReversed().slice(0, limit),
          insert: async (checkpoint) => !stored.some(({ treeSize }) => treeSize >= checkpoint.treeSize) && stored.push(checkpoint) > 0,
        },
        signer: auditSigner(Buffer.alloc(32, seed)),
        witness: { path: 'witness', read: () => witnessed, append: (line) => void witnessed.push(line as Checkpoint) },
      },
      { everyEntries: 5, everyMs: 1000, now: () => this.nowMs, ...options },
    );
  }
}

const sizes = (checkpoints: readonly Checkpoint[]): number[] => checkpoints.map(({ treeSize }) => treeSize);

describe('the timer', () => {
  it('signs after so many entries, or so long after the first that has no checkpoint', async () => {
    vi.useFakeTimers();
    try {
      const house = new House();
      const keeper = house.keeper();
      keeper.onApplicationBootstrap();
      const look = async (afterMs: number): Promise<number[]> => {
        house.nowMs += afterMs;
        await vi.advanceTimersByTimeAsync(1000);
        return sizes(house.stored);
      };
      expect(await look(0)).toEqual([]);
      house.add(5);
      expect(await look(0)).toEqual([5]);
      house.add(1);
      expect(await look(0)).toEqual([5]);
      house.isAway = true;
      expect(await look(500)).toEqual([5]);
      house.isAway = false;
      expect(await look(500)).toEqual([5, 6]);
      expect(await look(9999)).toEqual([5, 6]);
      house.add(1);
      await keeper.beforeApplicationShutdown();
      expect(sizes(house.stored)).toEqual([5, 6, 7]);
      expect(house.witnessed).toEqual(house.stored);
    } finally {
      vi.useRealTimers();
    }
  });
});

it('goes on where it ended, and signs what another has signed not again', async () => {
  const house = new House();
  house.add(3);
  await house.keeper().sign();
  const [one, other] = [house.keeper(), house.keeper({}, 2)];
  await one.sign();
  expect(sizes(house.stored)).toEqual([3]);
  house.add(2);
  await Promise.all([one.sign(), other.sign()]);
  expect(sizes(house.stored)).toEqual([3, 5]);
  expect(sizes(house.witnessed)).toEqual([3, 5]);
});

describe('a log that contradicts what was signed', () => {
  it.each([
    ['a cut-off end', (house: House) => house.links.splice(2), 'ends at entry 2; it had 4'],
    ['a replaced entry', (house: House) => house.links.splice(1, 1, { ...house.links[1]!, hash: Buffer.alloc(32, 99) }), 'Entry 3 of the audit log does not follow'],
    ['a missing entry', (house: House) => house.links.splice(1, 1, { ...house.links[1]!, seq: 9 }), 'Entry 2 of the audit log is missing'],
    ['a whole other log', (house: House) => { house.links.splice(0); house.add(1); house.links[0] = { ...house.links[0]!, hash: Buffer.alloc(32, 77) }; house.links.push(...[2, 3, 4].map((seq) => ({ seq, previousHash: Buffer.alloc(32, 75 + seq), hash: Buffer.alloc(32, 76 + seq) }))); }, 'first 4 entries of the audit log are not those that were signed'],
  ])('with %s is signed no more', async (_, tamper, detail) => {
    const house = new House();
    house.add(4);
    await house.keeper().sign();
    tamper(house);
    house.add(house.links.length < 4 ? 0 : 2);
    const keeper = house.keeper();
    await keeper.sign();
    expect(keeper.check()).toMatchObject({ ok: false, detail: expect.stringContaining(detail) as string });
    expect(sizes(house.stored)).toEqual([4]);
  });
});
