import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DataRule, type DataRuleSet, ruleSetDigest } from '#libs/governance/data-rules/rule-set';
import { isMasked } from '#libs/moe/expert-mask';
import { FAKE_RELEASE } from '../testing/fake-engine.ts';
import { FakeServer, KEY } from '../testing/fake-server.ts';
import { RequestRules } from './request-rules.ts';
import { type RuleDirectory, RulesInForce } from './rules-in-force.ts';

const LABELS = { tenant: '', region: '', dataClass: '', licence: '' };
const { layers, experts } = FAKE_RELEASE.manifest.shape;

function ruleSet(rules: readonly DataRule[], generation = 1, model = FAKE_RELEASE.model): DataRuleSet {
  return { model, generation, rules, digest: ruleSetDigest(model, generation, rules) };
}
const onlyAcme: DataRule = { id: 'acme-only', expert: 'expert/0/1', effect: 'allow-only', tenants: ['acme'] };
const closed = ruleSet(Array.from({ length: experts }, (_, at): DataRule => ({ id: `eu-${at}`, expert: `expert/${layers - 1}/${at}`, effect: 'allow-only', regions: ['eu'] })));

/** A store whose contents and failures a test sets. */
class FakeDirectory implements RuleDirectory {
  sets: DataRuleSet[] = [];
  isAway = false;
  damaged = '';
  loads = 0;

  async heads(): Promise<readonly DataRuleSet[]> {
    if (this.isAway) throw new Error('away');
    return this.sets;
  }

  async byDigest(digest: string): Promise<DataRuleSet | null> {
    this.loads += 1;
    if (digest === this.damaged) throw new Error('damaged');
    return this.sets.find((set) => set.digest === digest) ?? null;
  }
}

describe('rules in force', () => {
  let directory: FakeDirectory;
  let rules: RulesInForce;
  const unreadable: string[] = [];
  beforeEach(() => {
    directory = new FakeDirectory();
    unreadable.length = 0;
    rules = new RulesInForce(directory, (model) => unreadable.push(model));
  });

  it('are unknown until they have been read once, and stay known when the store goes away', async () => {
    directory.isAway = true;
    await expect(rules.sync()).rejects.toThrow('away');
    expect(rules.of('fake')).toBe('unknown');
    expect(rules.unknown()).toBeNull();
    directory.isAway = false;
    directory.sets = [ruleSet([onlyAcme])];
    await rules.sync();
    expect(rules.of('fake')).toEqual(directory.sets[0]);
    expect(rules.of('other')).toBeNull();
    directory.isAway = true;
    await expect(rules.sync()).rejects.toThrow('away');
    expect(rules.of('fake')).toEqual(directory.sets[0]);
    expect(rules.unknown()).toEqual([]);
  });

  it('are loaded once for each generation', async () => {
    directory.sets = [ruleSet([onlyAcme])];
    await rules.sync();
    await rules.sync();
    expect(directory.loads).toBe(1);
    directory.sets = [ruleSet([], 2)];
    await rules.sync();
    expect(rules.of('fake')).toMatchObject({ generation: 2 });
    expect(directory.loads).toBe(2);
  });

  it('keep the set before one that cannot be read, and are unknown where there is none', async () => {
    directory.sets = [ruleSet([onlyAcme])];
    await rules.sync();
    const next = ruleSet([], 2);
    directory.sets = [next, ruleSet([], 1, 'new')];
    directory.damaged = next.digest;
    await rules.sync();
    await rules.sync();
    expect(rules.of('fake')).toMatchObject({ generation: 1 });
    directory.damaged = directory.sets[1]!.digest;
    await rules.sync();
    expect(rules.of('fake')).toMatchObject({ generation: 2 });
    const fresh = new RulesInForce(directory, () => undefined);
    await fresh.sync();
    expect(fresh.of('new')).toBe('unknown');
    expect(fresh.unknown()).toEqual(['new']);
    expect(unreadable).toEqual(['fake']);
  });

  it('see what changed while they were being read', async () => {
    const first = rules.sync();
    directory.sets = [ruleSet([onlyAcme])];
    await Promise.all([first, rules.sync()]);
    expect(rules.of('fake')).toMatchObject({ generation: 1 });
  });
});

describe('rulings', () => {
  it('mask by labels, and are made once for equal ones', () => {
    const requestRules = new RequestRules({ of: () => ruleSet([onlyAcme]) });
    const ruling = requestRules.rule(FAKE_RELEASE, LABELS);
    if ('failure' in ruling) throw new Error(ruling.reason);
    expect(ruling.reason).toBe('masked');
    expect(isMasked(ruling.mask!, 0, 1)).toBe(true);
    expect(ruling.applied).toEqual({ digest: ruleSet([onlyAcme]).digest, maskedExperts: 1, ruleIds: ['acme-only'], labels: { region: '', dataClass: '', licence: '' } });
    expect(requestRules.rule(FAKE_RELEASE, LABELS)).toBe(ruling);
    expect(requestRules.rule(FAKE_RELEASE, { ...LABELS, tenant: 'acme' })).toMatchObject({ reason: 'unrestricted', mask: null, applied: { maskedExperts: 0 } });
  });

  it('follow a new rule set at once', () => {
    let current = ruleSet([onlyAcme]);
    const requestRules = new RequestRules({ of: () => current });
    expect(requestRules.rule(FAKE_RELEASE, LABELS).reason).toBe('masked');
    current = ruleSet([], 2);
    expect(requestRules.rule(FAKE_RELEASE, LABELS)).toMatchObject({ reason: 'unrestricted', applied: { digest: current.digest } });
    expect(new RequestRules({ of: () => null }).rule(FAKE_RELEASE, LABELS)).toEqual({ reason: 'no-rules', mask: null, applied: null });
  });
});

describe('/v1 under data rules', () => {
  const server = new FakeServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  beforeEach(() => {
    server.rules = null;
    server.captured.length = 0;
    server.engine.requests.length = 0;
  });
  const ask = (metadata: Record<string, string>, extra: Record<string, unknown> = {}) =>
    fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fake', prompt: ['hi', 'there'], max_tokens: 2, metadata, ...extra }),
    });

  it('hands the mask to the engine, says so in a header and records the rule set', async () => {
    server.rules = ruleSet([onlyAcme]);
    const response = await ask({ tenant: 'other', region: 'eu' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-signalbox-rules')).toBe(server.rules.digest.slice(0, 16));
    expect(server.engine.requests.map(({ expertMask }) => expertMask && isMasked(expertMask, 0, 1))).toEqual([true, true]);
    const applied = { digest: server.rules.digest, maskedExperts: 1, ruleIds: ['acme-only'], labels: { region: 'eu', dataClass: '', licence: '' } };
    expect(server.captured.map(({ record }) => record.rules)).toEqual([applied, applied]);
  });

  it('says nothing of rules to whom they leave everything, but records which held', async () => {
    server.rules = ruleSet([onlyAcme]);
    const response = await ask({ tenant: 'acme' });
    expect(response.headers.get('x-signalbox-rules')).toBeNull();
    expect(server.engine.requests.map(({ expertMask }) => expertMask)).toEqual([null, null]);
    expect(server.captured[0]?.record.rules).toMatchObject({ digest: server.rules.digest, maskedExperts: 0, ruleIds: [] });
  });

  it('refuses a request that no expert may serve, naming layer and rules', async () => {
    server.rules = closed;
    const response = await ask({ region: 'us' });
    expect(response.status).toBe(403);
    const { error } = (await response.json()) as { error: { code: string; message: string; param: string } };
    expect(error).toMatchObject({ code: 'data_rules_exclude_all_experts', param: 'metadata' });
    expect(error.message).toContain(`layer ${layers - 1}`);
    expect(error.message).toContain('eu-0');
    expect((await ask({ region: 'eu' })).status).toBe(200);
    expect(server.engine.requests).toHaveLength(2);
    expect([...server.requestRules.takeRefused().values()]).toEqual([1]);
    expect([...server.requestRules.takeRefused()]).toEqual([]);
  });

  it('runs nothing while the rules are unknown', async () => {
    server.rules = 'unknown';
    const response = await ask({});
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toMatchObject({ error: { code: 'data_rules_unknown' } });
    expect(server.engine.requests).toEqual([]);
  });
});
