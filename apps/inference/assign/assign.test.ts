import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Canary, type CanaryScope } from '#libs/governance/activation/activation-state';
import { FAKE_ACTIVE, FAKE_RELEASE, FAKE_RELEASE_ID } from '../testing/fake-engine.ts';
import { FakeServer, KEY } from '../testing/fake-server.ts';

const CANARY_ID = 'b'.repeat(64);
const EVERYTHING: CanaryScope = { segment: null, routeSlice: null };
let server: FakeServer;

beforeEach(async () => {
  server = new FakeServer();
  await server.start();
});
afterEach(() => server.stop());

async function run(canary: Partial<Canary>, candidate = FAKE_RELEASE): Promise<void> {
  const settings: Canary = { releaseId: CANARY_ID, share: 1, stickyBy: 'key', scope: EVERYTHING, salt: 's', ...canary };
  server.active = { ...FAKE_ACTIVE, activation: { ...FAKE_ACTIVE.activation, canary: settings, generation: 2 }, releases: [FAKE_RELEASE, { ...candidate, releaseId: CANARY_ID }] };
  await server.models?.sync();
  await server.models?.settled('all');
}

async function complete(fields: object = {}): Promise<{ status: number; role: string | null; release: string | null }> {
  const body = JSON.stringify({ model: 'fake', prompt: 'abc', max_tokens: 2, ...fields });
  const answer = await fetch(`${server.url}/v1/completions`, { method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }, body });
  await answer.text();
  return { status: answer.status, role: answer.headers.get('x-signalbox-role'), release: answer.headers.get('x-signalbox-release') };
}

describe('a request', () => {
  it('is answered by the stable release where no canary runs', async () => {
    expect(await complete()).toEqual({ status: 200, role: 'stable', release: FAKE_RELEASE_ID });
  });

  it('is answered by the canary that it is drawn for, whole, and recorded so', async () => {
    await run({});
    expect(await complete()).toEqual({ status: 200, role: 'canary', release: CANARY_ID });
    expect(server.engine.requests.map(({ releaseId }) => releaseId)).toEqual([CANARY_ID]);
    expect(server.captured.map(({ record }) => record.releaseId)).toEqual([CANARY_ID]);
    await run({ share: 0 });
    expect((await complete()).role).toBe('stable');
  });

  it('sticks to its session, or else its user', async () => {
    await run({ share: 0.5, stickyBy: 'session' });
    const sides = new Map<string, Set<string | null>>();
    for (let at = 0; at < 40; at += 1) {
      const session = `s${at % 10}`;
      const { role } = await complete(at < 20 ? { metadata: { session } } : { user: session });
      sides.set(session, (sides.get(session) ?? new Set()).add(role));
    }
    expect([...sides.values()].map(({ size }) => size)).toEqual(Array.from({ length: 10 }, () => 1));
    expect(new Set([...sides.values()].flatMap((roles) => [...roles])).size).toBe(2);
  });

  it('is answered by the stable release where the canary cannot take it', async () => {
    const { manifest } = FAKE_RELEASE;
    await run({}, { ...FAKE_RELEASE, manifest: { ...manifest, shape: { ...manifest.shape, contextTokens: 8 } } });
    expect(await complete({ prompt: 'abcdefghijkl' })).toEqual({ status: 200, role: 'stable', release: FAKE_RELEASE_ID });
    expect(await complete()).toMatchObject({ status: 200, role: 'canary' });
  });

  it('stays out of a canary of another segment', async () => {
    await run({ scope: { segment: { task: 'code' }, routeSlice: null } });
    expect((await complete()).role).toBe('stable');
    expect((await complete({ metadata: { task: 'code' } })).role).toBe('canary');
  });
});

describe('a canary by route slice', () => {
  /** In layer 0 the fake engine selects, for rows 0 to 3, experts 0 1, 1 2, 2 3, 3 0. The prompt has four rows. */
  const slice = (experts: string[], minShare: number): Partial<Canary> => ({ scope: { segment: null, routeSlice: { experts, minShare } } });

  it('takes requests whose prompt the stable release routes there, and runs no other prompt twice', async () => {
    await run(slice(['expert/0/1'], 0.5));
    expect((await complete()).role).toBe('canary');
    expect(server.engine.requests.map(({ releaseId, maxTokens }) => [releaseId, maxTokens])).toEqual([[FAKE_RELEASE_ID, 0], [CANARY_ID, 2]]);
    await run(slice(['expert/0/1'], 0.51));
    expect(await complete()).toMatchObject({ status: 200, role: 'stable' });
    expect(server.captured).toHaveLength(2);
    const before = server.engine.requests.length;
    await run({ ...slice(['expert/0/1'], 0.5), share: 0 });
    expect((await complete()).role).toBe('stable');
    expect(server.engine.requests).toHaveLength(before + 1);
  });

  it('leaves the request to the stable release where the engine has no room to look', async () => {
    await run(slice(['expert/0/1'], 0.5));
    server.engine.mode = 'busy';
    expect(await complete()).toMatchObject({ status: 429, role: 'stable' });
  });

  it('refuses what cannot be admitted before it looks', async () => {
    await run(slice(['expert/0/1'], 0.5));
    expect(await complete({ prompt: 'x'.repeat(80) })).toMatchObject({ status: 400, role: 'stable' });
    expect(server.engine.requests).toEqual([]);
  });
});
