import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ruleSetDigest } from '#libs/governance/data-rules/rule-set';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { FAKE_ACTIVE, FAKE_MANIFEST, FAKE_RELEASE, FAKE_RELEASE_ID } from '../testing/fake-engine.ts';
import { FakeServer, KEY, OPERATOR_KEY } from '../testing/fake-server.ts';
import { degradedDecisions } from './degraded-counts.ts';

const DENSE_ID = 'd'.repeat(64);
let server: FakeServer;

beforeEach(async () => {
  server = new FakeServer();
  const routing = { ...FAKE_MANIFEST.routing, fallback: { denseModel: 'dense', generalists: [0, 1], coldStart: 'generalist' as const } };
  server.active = { ...FAKE_ACTIVE, releases: [{ ...FAKE_RELEASE, manifest: { ...FAKE_MANIFEST, routing } }] };
  const release = { ...FAKE_RELEASE, model: 'dense', releaseId: DENSE_ID, manifest: { ...FAKE_MANIFEST, model: 'dense' } };
  server.others = [{ activation: { ...FAKE_ACTIVE.activation, model: 'dense', stable: DENSE_ID }, activatedAtMs: 1, releases: [release] }];
  await server.start();
});
afterEach(() => server.stop());

async function ask(fields: object = {}, headers: Record<string, string> = {}, key = KEY) {
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify({ model: 'fake', prompt: 'abc', max_tokens: 3, ...fields }),
  });
  const text = await response.text();
  const of = (name: string) => response.headers.get(name);
  return { status: response.status, id: of('x-request-id'), release: of('x-signalbox-release'), role: of('x-signalbox-role'), degraded: of('x-signalbox-degraded'), text };
}

describe('a request whose release has too few experts', () => {
  it.each([false, true])('is answered by the dense model once that is known (stream: %s)', async (stream) => {
    server.experts.isExhausted = (releaseId) => releaseId === FAKE_RELEASE_ID;
    expect(await ask({ stream })).toMatchObject({ status: 200, release: DENSE_ID, role: 'dense', degraded: 'dense' });
    expect(server.engine.requests.map(({ releaseId }) => releaseId)).toEqual([DENSE_ID]);
    expect(server.captured.map(({ record }) => [record.model, record.releaseId, record.degraded])).toEqual([['dense', DENSE_ID, { path: 'dense', askedModel: 'fake' }]]);
    expect(server.offered).toEqual([]);
    server.experts.isExhausted = () => false;
    expect(await ask({ stream })).toMatchObject({ status: 200, release: FAKE_RELEASE_ID, role: 'stable', degraded: null });
  });

  it.each([false, true])('is asked of the dense model where it has not begun to answer (stream: %s)', async (stream) => {
    server.engine.exhausted.add(FAKE_RELEASE_ID);
    const answer = await ask({ stream, prompt: ['abc', 'de'] });
    expect(answer).toMatchObject({ status: 200, release: DENSE_ID, role: 'dense', degraded: 'dense' });
    expect(server.captured.filter(({ record }) => record.model === 'dense').map(({ record }) => record.status)).toEqual(['answered', 'answered']);
    // What was tried stands under ids of its own.
    expect(new Set(server.captured.map(({ record }) => record.requestId)).size).toBe(server.captured.length);
    expect(server.captured.find(({ record }) => record.model === 'dense')?.record.requestId).toBe(answer.id);
  });

  it('goes no further than the dense model, and nowhere where that is not served or where it named its release', async () => {
    server.engine.exhausted.add(FAKE_RELEASE_ID).add(DENSE_ID);
    const failed = await ask();
    expect([failed.status, (JSON.parse(failed.text) as { error: { code: string } }).error.code]).toEqual([503, 'experts_exhausted']);
    server.engine.exhausted.delete(DENSE_ID);
    expect((await ask({}, { 'x-signalbox-pin-release': FAKE_RELEASE_ID }, OPERATOR_KEY)).status).toBe(503);
    expect((await ask()).status).toBe(200);
  });

  it('keeps to the data rules of the dense model', async () => {
    server.experts.isExhausted = (releaseId) => releaseId === FAKE_RELEASE_ID;
    const rules = Array.from({ length: 4 }, (_, at) => ({ id: `r${at}`, expert: `expert/1/${at}`, effect: 'allow-only' as const, regions: ['eu'] }));
    server.rules = { model: 'dense', generation: 1, rules, digest: ruleSetDigest('dense', 1, rules) };
    expect((await ask()).status).toBe(403);
    expect(server.engine.requests).toEqual([]);
    expect((await ask({ metadata: { region: 'eu' } })).status).toBe(200);
  });

  it('holds the dense release until it ends, and lets go of it', async () => {
    server.engine.exhausted.add(FAKE_RELEASE_ID);
    for (let at = 0; at < 3; at += 1) await ask();
    server.others = [];
    server.active = { ...server.active, activation: { ...server.active.activation, generation: 2 } };
    await server.models?.sync();
    await expect.poll(() => server.models?.residentIds()).toEqual([FAKE_RELEASE_ID]);
  });
});

describe('a request with labels that nothing has seen', () => {
  it('takes the generalist path, and says so', async () => {
    server.coldStart.isSeen = (_, { task }) => task === 'known';
    expect(await ask({ metadata: { task: 'known' } })).toMatchObject({ degraded: null });
    expect(await ask({ metadata: { task: 'new' } })).toMatchObject({ status: 200, release: FAKE_RELEASE_ID, role: 'stable', degraded: 'generalist' });
    expect(server.engine.requests.map(({ generalist }) => generalist)).toEqual([undefined, true]);
    expect(server.captured.map(({ record }) => record.degraded)).toEqual([undefined, { path: 'generalist' }]);
  });
});

describe('a caller', () => {
  it('is told of quarantines and broken experts of the release that answers', async () => {
    server.quarantines.holdsIn = () => true;
    expect((await ask()).degraded).toBe('quarantine');
    server.experts.hasBroken = () => true;
    server.coldStart.isSeen = () => false;
    expect((await ask()).degraded).toBe('quarantine, unavailable, generalist');
  });

  it('reads the count of degraded decisions through the official client', async () => {
    const flags = Uint8Array.from([DECISION_FLAGS.masked, DECISION_FLAGS.unavailable, DECISION_FLAGS.generalist, DECISION_FLAGS.unavailable | DECISION_FLAGS.masked]);
    expect(degradedDecisions({ flagged: { positions: new Uint32Array(4), flags } })).toBe(3);
    server.engine.flagged = { positions: Uint32Array.from([0, 1]), flags: Uint8Array.from([DECISION_FLAGS.unavailable, DECISION_FLAGS.masked]) };
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: KEY, maxRetries: 0 });
    const whole = await client.completions.create({ model: 'fake', prompt: 'abc', max_tokens: 3 });
    expect(whole.usage).toEqual({ prompt_tokens: 4, completion_tokens: 3, total_tokens: 7, signalbox_degraded_decisions: 1 });
    const usages: unknown[] = [];
    for await (const chunk of await client.chat.completions.create({ model: 'fake', messages: [{ role: 'user', content: 'abc' }], max_tokens: 3, stream: true, stream_options: { include_usage: true } })) if (chunk.usage) usages.push(chunk.usage);
    expect(usages).toEqual([expect.objectContaining({ signalbox_degraded_decisions: 1 })]);
    server.engine.flagged = null;
    expect((await client.completions.create({ model: 'fake', prompt: 'abc', max_tokens: 3 })).usage).not.toHaveProperty('signalbox_degraded_decisions');
  });
});
