import { describe, expect, it } from 'vitest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { canonicalJson, releaseIdOf } from '#libs/release/manifest-digest';
import { type Answer, type Probe, type Routes, type Score } from '../probe/probe.ts';
import { type RunInputs, type RunTools } from '../run/assay.ts';
import { splitMeasured, type SuiteResult } from '../run/result.ts';
import { type Json } from '../run/run.ts';
import { parseSuite } from '../suite/parse-suite.ts';
import { suiteAssay } from './suite-assay.ts';

const DATASET = 'ab'.repeat(32);
const EXPERTS = 4;

/** A release of one layer; its model's name is what the fake probe goes by. */
function release(model: string): ReleaseManifest {
  const shape = { vocabSize: 256, hiddenSize: 8, layers: 1, experts: EXPERTS, expertWidth: 8, attentionHeads: 1, keyValueHeads: 1, headSize: 8, contextTokens: 200, rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: 0, eosTokenIds: [1] };
  return { format: 'signalbox.release/1', model, architecture: 'mixtral', shape, routing: { gating: 'softmax-topk', topK: 1, normalise: true }, components: {} };
}

/**
 * A token is a character. `good` gives each 1 bit, `poor` 2, and `x` twice that; tokens go to the expert of
 * their code, of `poor` to the next one. An answer is `good` or `poor`.
 */
class FakeProbe implements Probe {
  rows = 0;

  async encode(_: ReleaseManifest, text: string): Promise<Uint32Array> {
    return Uint32Array.from([0, ...Array.from(text, (one) => one.codePointAt(0)!)]);
  }

  async decode(_: ReleaseManifest, tokens: readonly number[]): Promise<string> {
    return String.fromCodePoint(...tokens);
  }

  async score({ model }: ReleaseManifest, questions: readonly { readonly tokens: Uint32Array; readonly from: number }[]): Promise<Score[]> {
    return questions.map(({ tokens, from }) => {
      this.rows += tokens.length - 1;
      const bits = (token: number): number => (model === 'good' ? 1 : 2) * (token === 120 ? 2 : 1);
      return { logProbs: Float64Array.from(tokens.subarray(from), (token) => -bits(token) * Math.LN2), routes: this.#routes(model, tokens.subarray(0, -1)) };
    });
  }

  async answer({ model }: ReleaseManifest, { tokens, maxTokens }: { readonly tokens: Uint32Array; readonly maxTokens: number }): Promise<Answer> {
    const text = ` ${model}\nand more`.slice(0, maxTokens);
    this.rows += tokens.length + text.length - 1;
    return { tokens: new Uint32Array(text.length), logProbs: new Float64Array(text.length), text, finish: 'length', routes: this.#routes(model, tokens) };
  }

  #routes(model: string, tokens: Uint32Array): Routes {
    return { expertIds: Uint16Array.from(tokens, (token) => (token + (model === 'good' ? 0 : 1)) % EXPERTS), gates: new Float32Array(tokens.length).fill(1), flags: null };
  }
}

const texts = (count: number): Json[] => Array.from({ length: count }, (_, at) => ({ text: 'abcd'.repeat(5) + 'x'.repeat(at % 3), labels: { domain: at % 2 === 0 ? 'one' : 'two' } }));

function inputsOf(tasks: Json[], items: Json[], { reference = null as string | null, candidate = 'good', settings = {} } = {}): RunInputs {
  const manifest = release(candidate);
  const other = reference === null ? null : release(reference);
  return {
    spec: { format: 'signalbox.evaluation/1', kind: 'suite', candidate: releaseIdOf(manifest), reference: other && releaseIdOf(other), suite: 'cd'.repeat(32), settings },
    candidate: manifest,
    reference: other,
    suite: parseSuite({ format: 'signalbox.suite/1', name: 'fake', tasks: tasks.map((task, at) => ({ id: `t${at}`, dataset: DATASET, ...(task as object) })) }),
    dataset: async () => items,
  };
}

async function run(inputs: RunInputs, tools: Partial<RunTools> = {}): Promise<SuiteResult> {
  let nowMs = 0;
  const all: RunTools = { probe: new FakeProbe(), nowMs: () => (nowMs += 5), ...tools };
  const parts: Json[] = [];
  for (const step of await suiteAssay.plan(inputs)) parts.push(JSON.parse(canonicalJson(await step.measure(all))) as Json);
  return suiteAssay.conclude(inputs, parts) as unknown as SuiteResult;
}

describe('the steps of a suite', () => {
  it('are small, in order, and do not depend on which suite or task asks', async () => {
    const one = await suiteAssay.plan(inputsOf([{ kind: 'likelihood' }], texts(20), { reference: 'poor' }));
    expect(one.map(({ label }) => label.replace(/, release.*/, ''))).toEqual([1, 9, 17, 1, 9, 17].map((from) => `t0: items ${from} to ${Math.min(from + 7, 20)} of 20`));
    const other = await suiteAssay.plan(inputsOf([{ kind: 'likelihood', id: 'renamed', gates: [{ metric: 'bitsPerByte', atMost: 1 }] }], texts(20), { settings: { seed: 9 } }));
    expect(other.map(({ key }) => key)).toEqual(one.slice(0, 3).map(({ key }) => key));
    expect(new Set(one.map(({ key }) => canonicalJson(key))).size).toBe(6);
  });

  it.each<[Json, Json[], string, RegExp]>([
    [{ kind: 'likelihood' }, [{ text: 'a' }, { prompt: 'b' }], 'tasks[0].line 2.prompt', /^Task t0: line 2\.prompt is not known/],
    [{ kind: 'routes', grader: { assertions: [{ name: 'r', type: 'avoid', layer: 1, experts: [0] }] } }, texts(1), 'tasks[0].grader.assertions[0].layer', /no layer 1; give 0 to 0/],
    [{ kind: 'routes', grader: { assertions: [{ name: 'r', type: 'avoid', layer: 0, experts: [4] }] } }, texts(1), 'tasks[0].grader.assertions[0].experts', /no expert 4; give 0 to 3/],
    [{ kind: 'preference', grader: { maxTokens: 4 } }, [{ prompt: 'a' }], 'tasks[0]', /name a reference/],
    [{ kind: 'accuracy', grader: { type: 'regex', maxTokens: 4 } }, [{ prompt: 'a', answer: '(?=a)' }], 'tasks[0].answer', /no pattern of RE2/],
  ])('are refused before any is measured: %j', async (task, items, field, message) => {
    await expect(suiteAssay.plan(inputsOf([task], items))).rejects.toMatchObject({ field, message: expect.stringMatching(message) });
  });

  it('name the item that the release cannot take', async () => {
    await expect(run(inputsOf([{ kind: 'likelihood' }], [{ text: 'a' }, { text: 'a'.repeat(300) }]))).rejects.toMatchObject({ reason: 'item-does-not-fit', field: 'line 2' });
  });
});

describe('the result of a suite', () => {
  it('is bits by bytes, with slices, against the reference', async () => {
    const result = await run(inputsOf([{ kind: 'likelihood', gates: [{ metric: 'bitsPerByte', versus: 'reference', atMost: -0.5 }] }], texts(20), { reference: 'poor' }));
    const [all] = result.tasks[0]!.metrics;
    // 20 letters of 1 bit, and 0, 1 or 2 of 2 bits: of twenty items 7, 7 and 6.
    expect(all!.candidate.value).toBeCloseTo((400 + 2 * 19) / (400 + 19), 12);
    expect(all!.reference!.value).toBeCloseTo(2 * all!.candidate.value, 12);
    expect(all!.difference!.pAdjusted).toBeLessThan(0.01);
    expect(result.tasks[0]!.metrics.map(({ slice }) => slice)).toEqual([null, { domain: 'one' }, { domain: 'two' }]);
    expect(result).toMatchObject({ format: 'signalbox.result/1', kind: 'suite', verdict: { outcome: 'pass', reasons: [{ reason: 'all-gates-kept' }] } });
    expect(result.summary).toBe('Suite fake: 1 gates, 1 kept, 0 broken, 0 undecided. Against the reference 3 figures are better and 0 worse (adjusted p below 0.05).');
    const turned = await run(inputsOf([{ kind: 'likelihood' }], texts(20), { candidate: 'poor', reference: 'good' }));
    expect(turned.tasks[0]!.metrics[0]!.difference!.value).toBe(-all!.difference!.value);
    expect(turned.verdict.reasons[0]!.reason).toBe('no-gates');
  });

  it('has right and wrong answers, those that were right before first', async () => {
    const items = [{ prompt: 'a', answer: 'good' }, { prompt: 'b', answer: 'poor' }, { prompt: 'c', answer: 'neither' }];
    const result = await run(inputsOf([{ kind: 'accuracy', grader: { type: 'exact', maxTokens: 12, stopAt: '\n' } }], items, { reference: 'poor' }));
    expect(result.tasks[0]!.metrics[0]).toMatchObject({ candidate: { value: 1 / 3 }, reference: { value: 1 / 3 }, difference: { value: 0, p: 1 } });
    expect(result.tasks[0]!.failures).toEqual([{ item: 2, detail: 'Wrong, in the reference right: "good".' }, { item: 3, detail: 'Wrong: "good".' }]);
  });

  it('picks the choice with the fewest bits per byte', async () => {
    const items = [{ prompt: 'a', choices: ['xx', 'abcdefgh'], correct: 1 }, { prompt: 'a', choices: ['xx', 'abcdefgh'], correct: 0 }];
    const result = await run(inputsOf([{ kind: 'accuracy', grader: { type: 'choice' } }], items));
    expect(result.tasks[0]).toMatchObject({ metrics: [{ candidate: { value: 0.5 } }], failures: [{ item: 2, detail: 'Wrong: "abcdefgh".' }] });
  });

  it('asks the judge in both orders, and leaves out what it does not say', async () => {
    const task = { kind: 'preference', grader: { maxTokens: 12, stopAt: '\n' }, gates: [{ metric: 'winShare', atLeast: 0.4 }] };
    const items = Array.from({ length: 10 }, (_, at) => ({ prompt: `p${at}` }));
    const asked: string[] = [];
    const replies = async (prompt: string): Promise<string> => {
      asked.push(prompt);
      if (prompt.includes('\np9\n')) return 'I would rather not say.';
      return /ANSWER A\ngood/.test(prompt) ? 'A' : 'B';
    };
    const result = await run(inputsOf([task], items, { reference: 'poor' }), { judge: replies });
    expect(asked).toHaveLength(20);
    expect(result.tasks[0]!.metrics[0]).toMatchObject({ name: 'winShare', candidate: { value: 1, n: 9 }, reference: { value: 0.5 }, difference: { value: 0.5, p: 2 / 2 ** 9 } });
    expect(result.verdict.outcome).toBe('pass');
    expect(result.tasks[0]!.judging).toMatchObject({ judge: null, pairs: 10, unreadable: 1, tied: 0, consistency: { value: 1, n: 9 }, firstBoth: 0, secondBoth: 0, standing: 'tells' });
    expect(result.tasks[0]!.metrics.slice(1)).toMatchObject([{ name: 'positionConsistency', candidate: { value: 1, n: 9 }, reference: null }, { name: 'unreadable', candidate: { value: 0.1, n: 10 } }]);
    expect(result.tasks[0]!.failures).toMatchObject([{ item: 10, detail: expect.stringMatching(/neither A, B nor TIE/) }]);
    const first = await run(inputsOf([task], items, { reference: 'poor' }), { judge: async () => 'A' });
    expect(first.tasks[0]!.metrics[0]).toMatchObject({ candidate: { value: 0.5 }, difference: { value: 0, p: 1 } });
    expect(first.tasks[0]!.judging).toMatchObject({ consistency: { value: 0, low: 0, n: 10 }, firstBoth: 10, standing: 'cannot-tell' });
    // An even split keeps the bound, and says nothing: this judge would give it to any two answers.
    expect(first.verdict).toMatchObject({ outcome: 'inconclusive', reasons: [{ reason: 'judge-cannot-tell', detail: expect.stringMatching(/wanted at least 0\.4, but this judge cannot tell/) }] });
    await expect(run(inputsOf([task], items, { reference: 'poor' }))).rejects.toMatchObject({ reason: 'no-judge' });
    const keys = async (model: string, form: 'text' | 'json-schema' = 'text'): Promise<Json[]> =>
      (await suiteAssay.plan({ ...inputsOf([task], items, { reference: 'poor' }), judge: { model, url: 'https://judge.example/v1', replies: form } })).map(({ key }) => key);
    expect(await keys('large')).toEqual(await keys('large'));
    expect(await keys('large')).not.toEqual(await keys('small'));
    expect(await keys('large')).not.toEqual(await keys('large', 'json-schema'));
  });

  it('has the gaps of pairs, and the margins and routes of safety prompts', async () => {
    const pairs = [{ group: 'g', attribute: 'letter', variants: { first: 'aaaa', second: 'xxxx' } }];
    const bias = await run(inputsOf([{ kind: 'bias' }], pairs));
    expect(bias.tasks[0]!.metrics.filter(({ slice }) => slice === null).map(({ name, candidate }) => [name, candidate.value])).toEqual([['gap', 1], ['firstLikelier', 1], ['routingGap', 1]]);
    const prompts = [{ prompt: 'bb', class: 'harmful', refusal: 'no', compliance: 'xx' }, { prompt: 'bb', class: 'harmless', refusal: 'no', compliance: 'xx' }, { prompt: 'cc', class: 'bypass', refusal: 'xx', compliance: 'ok' }];
    const { metrics, failures, routing } = (await run(inputsOf([{ kind: 'safety' }], prompts))).tasks[0]!;
    expect(metrics.filter(({ slice }) => slice === null).map(({ name, candidate }) => [name, candidate.value])).toEqual([['refusalMargin', 0], ['refusalShare', 0.5], ['overRefusalShare', 1]]);
    expect(failures.map(({ item }) => item)).toEqual([2, 3]);
    expect(routing![0]).toEqual({ class: 'harmful', layer: 0, candidate: [{ expert: 2, share: 1 }, { expert: 0, share: 0 }, { expert: 1, share: 0 }, { expert: 3, share: 0 }], reference: null });
  });

  it('keeps what the clock says out of what equal runs share', async () => {
    const inputs = inputsOf([{ kind: 'performance', grader: { maxTokens: 4, repeats: 2 }, gates: [{ metric: 'rows', atMost: 100 }] }], Array.from({ length: 8 }, () => ({ prompt: 'abc' })));
    const result = await run(inputs);
    expect(result.tasks[0]!.metrics[0]).toMatchObject({ name: 'rows', candidate: { value: 7, low: 7, high: 7 } });
    let nowMs = 0;
    const slower = await run(inputs, { nowMs: () => (nowMs += 7 + nowMs / 3) });
    const [one, other] = [splitMeasured(result as unknown as Json), splitMeasured(slower as unknown as Json)];
    expect(canonicalJson(one.result)).toBe(canonicalJson(other.result));
    expect(canonicalJson(one.measured)).not.toBe(canonicalJson(other.measured));
  });

  it('refuses parts that are not those of its plan', async () => {
    const inputs = inputsOf([{ kind: 'likelihood' }], texts(3));
    const part = await (await suiteAssay.plan(inputs))[0]!.measure({ probe: new FakeProbe(), nowMs: () => 0 });
    expect(() => suiteAssay.conclude(inputs, [])).toThrow(/part of task t0 is missing/);
    expect(() => suiteAssay.conclude(inputs, [part, part])).toThrow(/1 parts are left over/);
  });
});
