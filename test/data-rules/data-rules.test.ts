import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataRule } from '#libs/governance/data-rules/rule-set';
import { expertName } from '#libs/release/component';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { emptyUsage, accumulateUsage } from '#libs/trace/usage';
import { seededRandom } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import { type RecordedTrace, RuledHouse } from './ruled-house.ts';

const REQUESTS = 110;
const PARALLEL = 12;
const LAYERS = 4;
const EXPERTS = 8;
const TOP_K = 2;
const PATH = '/models/tiny-mixtral/data-rules';
/** Layer 0: half. Layer 1: all but one, so that one serves alone. Layer 2: by version. Layer 3: free. */
const MASKED = new Set(['0/1', '0/3', '0/5', '0/7', ...[0, 1, 2, 3, 4, 5, 6].map((expert) => `1/${expert}`), '2/2', '2/6']);
const ALONE = 'expert/1/7';

interface Choice {
  readonly text: string;
  readonly logprobs: unknown;
  readonly routed_experts: string;
  readonly finish_reason: string;
}

interface Answered {
  readonly requestId: string;
  /** All that the answer tells, in full precision. */
  readonly answer: string;
  readonly rulesHeader: string | null;
}

type Body = Readonly<Record<string, unknown>>;

function randomRequest(tenant: string, random: () => number): Body {
  return {
    prompt: Array.from({ length: random() < 0.15 ? 130 + Math.floor(random() * 200) : 1 + Math.floor(random() * 40) }, () => 3 + Math.floor(random() * 4000)),
    max_tokens: 1 + Math.floor(random() * 16),
    temperature: random() < 0.5 ? 0 : 0.9,
    seed: Math.floor(random() * 1e9),
    n: random() < 0.2 ? 2 : 1,
    echo: random() < 0.3,
    logprobs: 3,
    routed_experts: true,
    ignore_eos: true,
    metadata: { tenant, ...(random() < 0.5 ? { region: 'eu' } : {}) },
  };
}

describe.each([1, 2])('data rules in a mixed load, %i engine threads', (threads) => {
  const house = new RuledHouse();
  const random = seededRandom(40 + threads);
  const ruled = Array.from({ length: REQUESTS }, () => randomRequest('bank', random));
  const others = Array.from({ length: REQUESTS }, (_, at) => randomRequest(at % 2 === 0 ? 'shop' : 'mall', random));
  let rules: DataRule[] = [];
  let digest = '';

  const send = async (body: Body): Promise<Answered> => {
    const response = await house.complete(body);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    const { choices } = (await response.json()) as { choices: Choice[] };
    const answer = JSON.stringify(choices.map(({ text, logprobs, routed_experts, finish_reason }) => ({ text, logprobs, routed_experts, finish_reason })));
    return { requestId: response.headers.get('x-request-id') ?? '', answer, rulesHeader: response.headers.get('x-signalbox-rules') };
  };

  /** Answers in the order of the bodies, which are sent in another order, some at a time. */
  const load = async (bodies: readonly Body[], parallel: number): Promise<Answered[]> => {
    const answers: Answered[] = [];
    const order = [...bodies.keys()].map((at) => ({ at, key: random() })).toSorted((a, b) => a.key - b.key);
    const lane = async (): Promise<void> => {
      for (let next = order.pop(); next; next = order.pop()) answers[next.at] = await send(bodies[next.at] ?? {});
    };
    await Promise.all(Array.from({ length: parallel }, lane));
    return answers;
  };

  const tracesOf = async (answers: readonly Answered[]): Promise<RecordedTrace[]> => {
    const found = await house.traces(answers.map(({ requestId }) => requestId));
    return answers.map(({ requestId }) => found.get(requestId)!);
  };

  const expectObeyed = ({ trace, rulesDigest, maskedExperts }: RecordedTrace): void => {
    expect([rulesDigest, maskedExperts]).toEqual([digest, MASKED.size]);
    const flags = new Map(trace.flagged.map((one) => [one.row * LAYERS + one.layer, one.flags]));
    for (let decision = 0; decision < trace.expertIds.length / TOP_K; decision++) {
      const layer = decision % LAYERS;
      const ids = [...trace.expertIds.subarray(decision * TOP_K, (decision + 1) * TOP_K)];
      const isFallback = ((flags.get(decision) ?? 0) & DECISION_FLAGS.fallback) !== 0;
      const wrong = ids.some((expert) => MASKED.has(`${layer}/${expert}`)) || isFallback !== (layer === 1) || (isFallback && trace.gates[decision * TOP_K + 1] !== 0) || (layer === 3 && flags.has(decision));
      if (wrong) throw new Error(`decision ${decision}: experts ${ids.join()}, flags ${flags.get(decision)}`);
    }
  };

  beforeAll(async () => {
    await house.start(threads);
    const version = (layer: number, expert: number) => `sha256:${house.release.manifest.components[expertName(layer, expert)]}`;
    rules = [...MASKED].map((place, at): DataRule => {
      const [layer = 0, expert = 0] = place.split('/').map(Number);
      if (layer === 2) return { id: `r${at}`, expert: version(layer, expert), effect: 'allow-only', tenants: ['shop', 'mall'] };
      return { id: `r${at}`, expert: `expert/${place}`, effect: 'deny', tenants: ['bank'] };
    });
  });
  afterAll(() => house.stop());

  it('keeps masked experts from their tenant, alone and mixed, and leaves the others every bit', async () => {
    // Without rules: what the others get when nobody's experts are masked.
    const before = await load([...others, ...ruled], PARALLEL);
    const plain = before.slice(0, REQUESTS);
    const plainTraces = await tracesOf(plain);
    expect(plainTraces.every(({ rulesDigest, trace }) => rulesDigest === null && trace.flagged.length === 0)).toBe(true);
    const touched = (await tracesOf(before.slice(REQUESTS))).filter(({ trace }) => trace.expertIds.some((expert, at) => MASKED.has(`${Math.floor(at / TOP_K) % LAYERS}/${expert}`)));
    expect(touched.length, 'without rules the tenant does use these experts').toBe(REQUESTS);

    const written = await house.manage<{ digest: string; generation: number }>(PATH, { method: 'PUT', seen: 0, body: { rules, reason: 'contract with the bank' } });
    digest = written.digest;
    const probe = { prompt: 'x', max_tokens: 1, metadata: { tenant: 'bank' } };
    await until(async () => (await send({ ...probe, routed_experts: false })).rulesHeader === digest.slice(0, 16), 120_000, () => 'the rules do not reach inference');

    const mixed = await load([...others, ...ruled], PARALLEL);
    const alone = await load(ruled, 1);
    for (const [at, { answer, rulesHeader }] of mixed.slice(0, REQUESTS).entries()) {
      expect(answer, `request ${at} of the others`).toBe(plain[at]!.answer);
      expect(rulesHeader).toBeNull();
    }
    for (const [at, { trace, rulesDigest, maskedExperts }] of (await tracesOf(mixed.slice(0, REQUESTS))).entries()) {
      expect([rulesDigest, maskedExperts]).toEqual([digest, 0]);
      expect(trace, `trace ${at} of the others`).toEqual(plainTraces[at]!.trace);
    }
    const ruledMixed = mixed.slice(REQUESTS);
    for (const [at, { answer, rulesHeader }] of ruledMixed.entries()) {
      expect(answer, `request ${at} of the tenant, mixed and alone`).toBe(alone[at]!.answer);
      expect(rulesHeader).toBe(digest.slice(0, 16));
    }
    for (const recorded of [...(await tracesOf(ruledMixed)), ...(await tracesOf(alone))]) expectObeyed(recorded);
    expect(ruledMixed.filter(({ answer }, at) => answer !== before[REQUESTS + at]!.answer).length, 'the rules do change what the tenant gets').toBeGreaterThan(REQUESTS / 2);
  });

  it('keeps the books: load = tokens x layers x top-k less unused selections', async () => {
    const answers = await load(ruled.slice(0, 30).concat(others.slice(0, 30)), PARALLEL);
    const usage = emptyUsage(LAYERS, EXPERTS);
    let ruledRows = 0;
    for (const [at, { trace }] of (await tracesOf(answers)).entries()) {
      accumulateUsage(usage, trace);
      if (at < 30) ruledRows += trace.expertIds.length / LAYERS / TOP_K;
    }
    for (const [layer, { tokens, load: loads, droppedSelections, fallback, masked }] of usage.entries()) {
      const unused = layer === 1 ? ruledRows : 0;
      expect(loads.reduce((sum, count) => sum + count, 0)).toBe(tokens * TOP_K - unused);
      expect([droppedSelections, fallback]).toEqual([0, unused]);
      if (layer === 3) expect(masked).toBe(0);
      if (layer === 1) expect(masked).toBeGreaterThanOrEqual(unused);
    }
  });

  it('shows of a request which rules held, and of the rules who wrote them', async () => {
    const { requestId } = await send(ruled[0]!);
    await house.traces([requestId]);
    interface Trace {
      request: { dataRules: { digest: string; generation: number; maskedExperts: number; rules: string[]; labels: { region: string } } };
      tokens: { flags: { layer: number; flags: string[] }[] }[];
    }
    const shown = await house.manage<Trace>(`/traces/${requestId}`);
    const region = (ruled[0]!['metadata'] as Record<string, string>)['region'] ?? '';
    expect(shown.request.dataRules).toEqual({ digest, generation: 1, maskedExperts: MASKED.size, rules: rules.map(({ id }) => id), labels: { region, dataClass: '', licence: '' } });
    for (const { flags } of shown.tokens) expect(flags.find(({ layer }) => layer === 1)?.flags).toEqual(['masked', 'fallback']);
    const history = await house.manage<{ items: { digest: string; generation: number; writtenBy: string }[] }>(`${PATH}/history`);
    expect(history.items).toMatchObject([{ digest, generation: 1 }]);
    const audit = await house.manage<{ items: unknown[] }>('/audit?action=data-rules.set&subject=model/tiny-mixtral');
    expect(audit.items).toMatchObject([{ actor: history.items[0]!.writtenBy, before: null, after: { digest, generation: 1, rules }, reason: 'contract with the bank' }]);
    const check = await house.manage<{ releases: { outcome: string; masked: unknown[]; tooFew: number[] }[] }>(`${PATH}/check`, { method: 'POST', body: { labels: { tenant: 'bank' } } });
    expect(check.releases).toMatchObject([{ outcome: 'masked', tooFew: [1] }]);
    expect(check.releases[0]!.masked).toHaveLength(MASKED.size);
  });

  it('takes a key that is bound to the tenant for that tenant, whatever it says', async () => {
    const key = await house.keyOfTenant('bank');
    const silent = await house.complete({ prompt: 'x', max_tokens: 4 }, key);
    expect(silent.headers.get('x-signalbox-rules')).toBe(digest.slice(0, 16));
    const requestId = silent.headers.get('x-request-id') ?? '';
    expectObeyed((await house.traces([requestId])).get(requestId)!);
    expect((await house.complete({ prompt: 'x', max_tokens: 4, metadata: { tenant: 'shop' } }, key)).status).toBe(403);
  });

  it('keeps the rules that a request began with to its end', async () => {
    // The expert that every token of the tenant goes to: the request lasts longer than rules are on their way.
    house.slowDown(1, 7, 100);
    const response = await house.complete({ prompt: [5, 6, 7], max_tokens: 1000, ignore_eos: true, stream: true, metadata: { tenant: 'bank' } });
    const reader = response.body!.getReader();
    await reader.read();
    await house.manage(PATH, { method: 'PUT', seen: 1, body: { rules: [] } });
    const lifted = { prompt: 'x', max_tokens: 1, metadata: { tenant: 'bank' } };
    await until(async () => (await house.complete(lifted)).headers.get('x-signalbox-rules') === null, 120_000, () => 'the rules are not lifted');
    const liftedAtMs = Date.now();
    house.slowDown(1, 7, 0);
    let events = '';
    const decoder = new TextDecoder();
    for (let part = await reader.read(); !part.done; part = await reader.read()) events += decoder.decode(part.value, { stream: true });
    expect(events).toContain('[DONE]');
    const requestId = response.headers.get('x-request-id') ?? '';
    const recorded = (await house.traces([requestId])).get(requestId)!;
    expect(recorded.trace.expertIds.length).toBe((3 + 999) * LAYERS * TOP_K);
    expect(recorded.endedAtMs, 'it still ran when the rules were lifted for others').toBeGreaterThan(liftedAtMs);
    expectObeyed(recorded);
    await house.manage(PATH, { method: 'PUT', seen: 2, body: { rules } });
  });

  it('follows a new generation, refuses whom it leaves no expert, and lifts the rules again', async () => {
    await house.manage(PATH, { method: 'PUT', seen: 3, body: { rules: [...rules, { id: 'last', expert: ALONE, effect: 'allow-only', tenants: ['shop'] }] } });
    const bank = { prompt: 'x', max_tokens: 1, metadata: { tenant: 'bank' } };
    await until(async () => (await house.complete(bank)).status === 403, 120_000, () => 'the second generation does not reach inference');
    const refused = (await (await house.complete(bank)).json()) as { error: { code: string; message: string } };
    expect(refused.error).toMatchObject({ code: 'data_rules_exclude_all_experts', message: expect.stringContaining('layer 1') });
    expect((await house.complete({ ...bank, metadata: { tenant: 'shop' } })).status).toBe(200);
    await house.manage(PATH, { method: 'PUT', seen: 4, body: { rules: [] } });
    await until(async () => (await house.complete(bank)).status === 200, 120_000, () => 'the rules are not lifted');
    expect((await house.complete(bank)).headers.get('x-signalbox-rules')).toBeNull();
  });
});

it('is not ready, and answers nothing, while the rules of a model cannot be trusted', async () => {
  const house = new RuledHouse();
  try {
    await house.start(1);
    await house.manage(PATH, { method: 'PUT', seen: 0, body: { rules: [{ id: 'one', expert: 'expert/0/1', effect: 'deny' }] } });
    await house.store.query('ALTER TABLE signalbox.data_rule_set DISABLE TRIGGER data_rule_set_kept');
    const known = { prompt: 'x', max_tokens: 1 };
    await until(async () => (await house.complete(known)).headers.get('x-signalbox-rules') !== null, 120_000, () => 'the rules do not reach inference');
    await house.store.query(`UPDATE signalbox.data_rule_set SET rules = '[]'`);
    // Known once, they stay in force; a process that starts anew has nothing to go by.
    expect((await house.complete(known)).headers.get('x-signalbox-rules')).not.toBeNull();
    await house.restartInference();
    expect((await house.complete(known)).status).toBe(503);
    expect((await house.health.readiness()).checks['data-rules']).toMatchObject({ ok: false, detail: expect.stringContaining('tiny-mixtral') });
  } finally {
    await house.stop();
  }
});
