import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RoutingSettings } from '#libs/release/manifest';
import { DECISION_FLAGS, type RoutingTrace } from '#libs/trace/trace';
import { until } from '../harness/until.ts';
import { type Answered, MODEL, QuarantineHouse } from '../quarantine/quarantine-house.ts';

const PROMPT = 'The signal box at the junction sets the routes, and nobody passes a red light there. '.repeat(3);
const OTHERS = ['Rain fell on the hills.', 'one two three four five six seven eight nine ten', 'Once upon a time, in a small village, there was a baker who '];

const house = new QuarantineHouse();
beforeAll(() => house.start({}));
afterAll(() => house.stop());

/** Composes a release with other routing, and waits until it answers. */
async function activate(routing: Partial<RoutingSettings>): Promise<{ readonly releaseId: string; readonly summary: string }> {
  const { releaseId, diff } = await house.manage<{ releaseId: string; diff: { summary: string } }>('/releases', 'POST', { base: house.releaseId, routing });
  const { generation } = await house.manage<{ generation: number }>(`/models/${MODEL}/activation`);
  await house.manage(`/models/${MODEL}/activation`, 'PUT', { release: releaseId }, { 'if-match': `"${generation}"` });
  let answered: Answered | null = null;
  await until(async () => (answered = await house.ask(0, { prompt: 'Hello', max_tokens: 1 })).release === releaseId, 120_000, () => `the release answers, not ${answered?.release}: ${answered?.text}`);
  return { releaseId, summary: diff.summary };
}

const textOf = ({ status, text }: Answered): string => {
  if (status !== 200) throw new Error(text);
  return (JSON.parse(text) as { choices: { text: string }[] }).choices[0]!.text;
};

async function traced(answers: readonly Answered[]): Promise<RoutingTrace[]> {
  const traces = await house.traces(answers.map(({ requestId }) => requestId));
  return answers.map(({ requestId }) => traces.get(requestId)!);
}

it('drops by a capacity of the request, the same alone and beside others, and says what was lost', async () => {
  const { summary } = await activate({ capacity: { factor: 1, policy: 'drop', scope: 'request' } });
  expect(summary).toContain('routing.capacity none -> capacity factor 1, dropping, per request');
  const alone = await house.ask(0, { prompt: PROMPT });
  const [beside] = await Promise.all([PROMPT, ...OTHERS].map((prompt) => house.ask(0, { prompt })));
  expect(textOf(beside!)).toBe(textOf(alone));
  expect(alone.dependsOn).toBeNull();
  const [first, second] = await traced([alone, beside!]);
  expect(second).toEqual(first);
  const dropped = first!.flagged.filter(({ flags }) => flags === DECISION_FLAGS.dropped);
  expect(dropped.length).toBeGreaterThan(0);
  for (const { row, layer } of dropped) expect(first!.gates[(row * first!.layers + layer) * first!.topK + 1]).toBe(0);
});

it('says where requests of others may change an answer', async () => {
  const { summary } = await activate({ capacity: { factor: 1, policy: 'reroute', scope: 'batch' } });
  expect(summary).toContain('answers depend on what shares the batch');
  const answer = await house.ask(0, { prompt: PROMPT });
  expect(answer.dependsOn).toBe('batch');
  const [trace] = await traced([answer]);
  expect(trace!.flagged.some(({ flags }) => flags === DECISION_FLAGS.rerouted)).toBe(true);
});

it('serves another gating rule', async () => {
  await activate({ gating: 'topk-sigmoid', normalise: false });
  const [trace] = await traced([await house.ask(0, { prompt: PROMPT })]);
  const sums = Array.from({ length: trace!.gates.length / 2 }, (_, at) => trace!.gates[2 * at]! + trace!.gates[2 * at + 1]!);
  expect(sums.every((sum) => sum > 0 && sum <= 2)).toBe(true);
  expect(sums.some((sum) => sum > 1.05)).toBe(true);
});

it('refuses by name what no engine serves', async () => {
  await expect(house.manage('/releases', 'POST', { base: house.releaseId, routing: { gating: 'switch-top1' } })).rejects.toThrow(/routing.normalise must be false with switch-top1/);
  await expect(house.manage('/releases', 'POST', { base: house.releaseId, routing: { capacity: { factor: 1, policy: 'queue' } } })).rejects.toThrow(/give drop, reroute or pad/);
});
