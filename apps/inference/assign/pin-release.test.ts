import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataRule, ruleSetDigest } from '#libs/governance/data-rules/rule-set';
import { FAKE_ACTIVE, FAKE_RELEASE, FAKE_RELEASE_ID } from '../testing/fake-engine.ts';
import { FakeServer, KEY, OPERATOR_KEY } from '../testing/fake-server.ts';

const CANARY_ID = 'b'.repeat(64);
const SHADOW_ID = 'c'.repeat(64);
const PREVIOUS_ID = 'd'.repeat(64);
let server: FakeServer;

beforeEach(async () => {
  server = new FakeServer();
  const release = (releaseId: string) => ({ ...FAKE_RELEASE, releaseId });
  server.active = {
    ...FAKE_ACTIVE,
    activation: {
      ...FAKE_ACTIVE.activation,
      previous: PREVIOUS_ID,
      canary: { releaseId: CANARY_ID, share: 0, stickyBy: 'request', scope: { segment: null, routeSlice: null }, salt: 's' },
      shadow: { releaseId: SHADOW_ID, share: 1 },
      generation: 2,
    },
    releases: [FAKE_RELEASE_ID, CANARY_ID, SHADOW_ID, PREVIOUS_ID].map(release),
  };
  await server.start();
});
afterEach(() => server.stop());

async function complete(releaseId: string | null, fields: object = {}, key = OPERATOR_KEY) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...(releaseId !== null && { 'x-signalbox-pin-release': releaseId }) };
  const answer = await fetch(`${server.url}/v1/completions`, { method: 'POST', headers, body: JSON.stringify({ model: 'fake', prompt: 'abc', max_tokens: 2, ...fields }) });
  const text = await answer.text();
  const error = answer.ok ? undefined : (JSON.parse(text) as { error: { code: string; param: string; message: string } }).error;
  return { status: answer.status, role: answer.headers.get('x-signalbox-role'), release: answer.headers.get('x-signalbox-release'), error };
}

describe('a request that names its release', () => {
  it.each([['stable', FAKE_RELEASE_ID], ['canary', CANARY_ID], ['shadow', SHADOW_ID], ['previous', PREVIOUS_ID]])('runs on the %s one, and is recorded so and as pinned', async (_, releaseId) => {
    for (const stream of [false, true]) {
      server.captured.length = 0;
      expect(await complete(releaseId, { stream })).toMatchObject({ status: 200, role: 'pinned', release: releaseId });
      expect(server.engine.requests.at(-1)?.releaseId).toBe(releaseId);
      expect(server.captured.map(({ record }) => [record.releaseId, record.pinned])).toEqual([[releaseId, true]]);
    }
  });

  it('is compared with no shadow, while others are offered to it and are not marked', async () => {
    await complete(FAKE_RELEASE_ID);
    expect(server.offered).toEqual([]);
    await complete(null);
    expect(server.offered).toHaveLength(1);
    expect(server.captured.map(({ record }) => record.pinned)).toEqual([true, undefined]);
  });

  it('is refused without the permission, whatever it names', async () => {
    for (const releaseId of [FAKE_RELEASE_ID, 'x']) expect(await complete(releaseId, {}, KEY)).toMatchObject({ status: 403, role: null, error: { code: 'pin_not_permitted', param: 'x-signalbox-pin-release' } });
    expect(server.captured).toEqual([]);
  });

  it('is refused with the remedy where that release is not loaded, or is none', async () => {
    expect(await complete('e'.repeat(64))).toMatchObject({ status: 409, error: { code: 'release_not_loaded', param: 'x-signalbox-pin-release', message: expect.stringContaining('as shadow or canary first') as string } });
    expect(await complete('latest')).toMatchObject({ status: 400, error: { code: 'invalid_value' } });
    expect(await complete(FAKE_RELEASE_ID, { model: 'other' })).toMatchObject({ status: 404 });
  });

  it('keeps to the data rules of the release that runs it', async () => {
    const rules: DataRule[] = [{ id: 'acme-only', expert: 'expert/0/1', effect: 'allow-only', tenants: ['acme'] }];
    server.rules = { model: 'fake', generation: 1, rules, digest: ruleSetDigest('fake', 1, rules) };
    await complete(SHADOW_ID, { metadata: { tenant: 'umbrella' } });
    expect(server.captured[0]?.record).toMatchObject({ releaseId: SHADOW_ID, rules: { maskedExperts: 1, ruleIds: ['acme-only'] } });
    const closed = Array.from({ length: 4 }, (_, at): DataRule => ({ id: `r${at}`, expert: `expert/1/${at}`, effect: 'allow-only', regions: ['eu'] }));
    server.rules = { model: 'fake', generation: 2, rules: closed, digest: ruleSetDigest('fake', 2, closed) };
    expect(await complete(SHADOW_ID)).toMatchObject({ status: 403, error: { code: 'data_rules_exclude_all_experts' } });
    expect(server.requestRules.takeRefused().size).toBe(0);
  });

  it('holds its release until it ends, and lets go of it', async () => {
    server.engine.mode = 'hang';
    const controller = new AbortController();
    const headers = { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json', 'x-signalbox-pin-release': SHADOW_ID };
    const answer = await fetch(`${server.url}/v1/completions`, { method: 'POST', headers, body: JSON.stringify({ model: 'fake', prompt: 'abc', max_tokens: 5, stream: true }), signal: controller.signal });
    server.active = { ...server.active, activation: { ...server.active.activation, shadow: null, generation: 3 } };
    await server.models?.sync();
    expect(server.models?.residentIds()).toContain(SHADOW_ID);
    // It goes as soon as nobody holds it, so no other request may take hold of it.
    expect(await complete(SHADOW_ID)).toMatchObject({ status: 409 });
    controller.abort();
    await answer.text().catch(() => undefined);
    await expect.poll(() => server.models?.residentIds()).not.toContain(SHADOW_ID);
  });
});
