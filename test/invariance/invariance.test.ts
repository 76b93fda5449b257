import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../harness/random.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';

const MIXES = 24;
/** `\x93NUMPY` in base64: a trace came along. */
const NPY_START = 'k05VTVBZ';
const COMPANIONS = 15;

interface Choice {
  readonly text: string;
  readonly logprobs: unknown;
  readonly routed_experts: string;
  readonly finish_reason: string;
}

type Body = Readonly<Record<string, unknown>>;

/** What must not depend on the neighbours, in full precision: JSON prints doubles exactly. */
async function answer(signalbox: SignalboxProcess, body: Body): Promise<string> {
  const response = await fetch(`${signalbox.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const { choices } = (await response.json()) as { choices: Choice[] };
  return JSON.stringify(choices.map(({ text, logprobs, routed_experts, finish_reason }) => ({ text, logprobs, routed_experts, finish_reason })));
}

function randomRequest(random: () => number): Body {
  const promptTokens = random() < 0.3 ? 1 + Math.floor(random() * 700) : 1 + Math.floor(random() * 40);
  return {
    model: 'tiny-mixtral',
    prompt: Array.from({ length: promptTokens }, () => 3 + Math.floor(random() * 4000)),
    max_tokens: 1 + Math.floor(random() * 24),
    temperature: random() < 0.5 ? 0 : 0.9,
    top_p: 0.95,
    seed: Math.floor(random() * 1e9),
    n: random() < 0.2 ? 2 : 1,
    echo: random() < 0.5,
    logprobs: 5,
    routed_experts: true,
    ignore_eos: true,
  };
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values.map((value) => ({ value, at: random() })).toSorted((a, b) => a.at - b.at).map(({ value }) => value);
}

describe('batch invariance through the published API', () => {
  let home = '';
  let signalbox: SignalboxProcess;

  beforeAll(async () => {
    home = newTemporaryHome('signalbox-invariance-');
    signalbox = new SignalboxProcess(home, await freePort());
    await signalbox.start();
  });

  afterAll(async () => {
    await signalbox?.stop();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  it.each(Array.from({ length: MIXES }, (_, index) => index + 1))(
    'the same bits alone and among 15 others, whatever their order and arrival (mix %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const subject = randomRequest(random);
      const alone = await answer(signalbox, subject);
      expect(alone).toContain(NPY_START);
      const companions = Array.from({ length: COMPANIONS }, () => randomRequest(random));
      const early = Math.floor(random() * COMPANIONS);

      // Some start before, the rest once the first of them has ended, so that arrivals interleave.
      const first = companions.slice(0, early).map((body) => answer(signalbox, body));
      await (random() < 0.5 && first.length > 0 ? Promise.race(first) : Promise.resolve());
      const later = shuffled([subject, ...companions.slice(early)], random);
      const answers = await Promise.all(later.map((body) => answer(signalbox, body)));
      await Promise.all(first);

      expect(answers[later.indexOf(subject)]).toBe(alone);
    },
  );
});
