import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

const SEQUENCES = 4;
const QUEUED = 60;
/** Half of the queue's places. */
const GREEDY_PLACES = QUEUED / 2;
const MODEST = ['ash', 'birch', 'cedar'];
const EACH = 8;
const TOKENS_PER_MINUTE = 200_000;

let signalbox: SignalboxProcess;

beforeAll(async () => {
  signalbox = new SignalboxProcess(newTemporaryHome('signalbox-overload-'), await freePort(), {
    SIGNALBOX_MAX_SEQUENCES: String(SEQUENCES),
    SIGNALBOX_MAX_QUEUED: String(QUEUED),
    SIGNALBOX_TENANT_QUEUE_PERCENT: '50',
    // Counts alone decide here: how fast the machine is must not.
    SIGNALBOX_QUEUE_TARGET_MS: '0',
    SIGNALBOX_TOKEN_RATE: String(TOKENS_PER_MINUTE),
    SIGNALBOX_REPETITION: 'refuse',
  });
  await signalbox.start();
});
afterAll(() => signalbox.stop());

interface Told {
  readonly tenant: string;
  readonly status: number;
  readonly code: string | null;
  readonly tokens: number;
  readonly retryAfterSeconds: number | null;
  readonly remainingTokens: number;
}

async function ask(tenant: string, change: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Told> {
  const response = await fetch(`${signalbox.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'tiny-mixtral', prompt: 'And the people gathered themselves together', max_tokens: 64, ignore_eos: true, temperature: 0, metadata: { tenant }, ...change }),
  });
  const body = (await response.json()) as { error?: { code: string }; usage?: { total_tokens: number } };
  const retryAfter = response.headers.get('retry-after');
  return {
    tenant,
    status: response.status,
    code: body.error?.code ?? null,
    tokens: body.usage?.total_tokens ?? 0,
    retryAfterSeconds: retryAfter === null ? null : Number(retryAfter),
    remainingTokens: Number(response.headers.get('x-ratelimit-remaining-tokens')),
  };
}

async function metric(series: string): Promise<number> {
  const text = await (await fetch(`${signalbox.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(series));
  return Number(/ (\d+(?:\.\d+)?)/.exec(line?.replace(/\{.*\}/, '') ?? ' 0')?.[1]);
}

it('ends what runs past its deadline, and says so', async () => {
  // No answer was given yet, so the pace is not known and it begins; a busy machine may need longer to begin.
  let deadlineMs = 60;
  let late: Told | null = null;
  await until(
    async () => {
      deadlineMs *= 2;
      late = await ask('late', { n: SEQUENCES, max_tokens: 1000 }, { 'x-signalbox-deadline-ms': String(deadlineMs) });
      return late.status !== 503;
    },
    120_000,
  );
  expect(late).toMatchObject({ status: 504, code: 'deadline_exceeded' });
});

it('shares an engine that is full between tenants, refuses what one of them sends too much, and loses nothing', async () => {
  const order: Told[] = [];
  const noted = async (asked: Promise<Told>): Promise<Told> => {
    const told = await asked;
    order.push(told);
    return told;
  };
  const greedy = Array.from({ length: 60 }, () => noted(ask('greedy', { max_tokens: 128 })));
  // All of them have come when as many are refused as find no place.
  await until(() => order.filter(({ status }) => status === 429).length + order.filter(({ status }) => status === 200).length >= 60 - SEQUENCES - GREEDY_PLACES, 120_000);
  const modest = MODEST.flatMap((tenant) => Array.from({ length: EACH }, () => noted(ask(tenant, { max_tokens: 128 }))));
  const told = await Promise.all([...greedy, ...modest]);

  for (const { status, code, retryAfterSeconds } of told) {
    if (status === 200) continue;
    expect({ status, code }).toEqual({ status: 429, code: 'rate_limit_exceeded' });
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
  }
  // The tenants that sent little got all of it.
  for (const tenant of MODEST) expect(told.filter((one) => one.tenant === tenant && one.status === 200)).toHaveLength(EACH);
  const answered = order.filter(({ status }) => status === 200);
  const refused = told.length - answered.length;
  expect(refused).toBeGreaterThan(0);
  expect(await metric('signalbox_shed_total{reason="tenant-queue"')).toBe(refused);
  // From the first answer to one of them to the last, the greedy tenant got no more than each of them and what ran meanwhile.
  const first = answered.findIndex(({ tenant }) => tenant !== 'greedy');
  const last = answered.findLastIndex(({ tenant }) => tenant !== 'greedy');
  const meanwhile = answered.slice(first, last).filter(({ tenant }) => tenant === 'greedy').length;
  expect(meanwhile).toBeLessThanOrEqual(EACH + 2 * SEQUENCES);
  expect(answered.slice(last + 1).length).toBeGreaterThan(0);
});

it('refuses at once what cannot be answered in time', async () => {
  const hopeless = await ask('hurried', { max_tokens: 900 }, { 'x-signalbox-deadline-ms': '2' });
  expect(hopeless).toMatchObject({ status: 503, code: 'deadline_unreachable' });
  expect(hopeless.retryAfterSeconds).toBeGreaterThanOrEqual(1);
});

it('counts the tokens of a tenant in the database, and gives back what was not used', async () => {
  const first = await ask('counted', { max_tokens: 900, ignore_eos: false, stop: [' '] });
  expect(first.status).toBe(200);
  const left = TOKENS_PER_MINUTE - first.tokens;
  const most = TOKENS_PER_MINUTE - first.remainingTokens;
  expect(most).toBeGreaterThan(first.tokens);
  let again = first;
  await until(
    async () => {
      again = await ask('counted', { max_tokens: 1, prompt: 'a' });
      // A new window, or what was given back.
      return again.remainingTokens > first.remainingTokens;
    },
    30_000,
    () => `${again.remainingTokens} tokens are left, and ${left} should be`,
  );
});

it('ends a prompt of one repeated token where those are refused', async () => {
  expect(await ask('odd', { prompt: Array.from({ length: 512 }, () => 300), max_tokens: 8 })).toMatchObject({ status: 400, code: 'repetitive_prompt' });
  expect((await ask('odd')).status).toBe(200);
  expect(await metric('signalbox_repetitions_total')).toBe(1);
});
