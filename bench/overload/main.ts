import { readFileSync } from 'node:fs';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_VOCAB_SIZE, startSignalbox } from '../harness/signalbox.ts';
import { type Asked, Clients, closedLoop, openLoop, type Tenant } from './open-loop.ts';
import { type Outcome, outcomeOf } from './report.ts';

const FIRST_PORT = 7311;
/** One tenant sends most; each of the others still wants more than its fair part. */
const TENANTS: readonly Tenant[] = [
  { name: 'greedy', share: 0.7 },
  { name: 'ash', share: 0.1 },
  { name: 'birch', share: 0.1 },
  { name: 'cedar', share: 0.1 },
];
const PROMPT_TOKENS = 64;
const LEAST_ANSWER_TOKENS = 32;
const MEAN_ANSWER_TOKENS = 64;
/** Requests at a time by which the peak is measured: as many as run, and twice that. */
const PARALLEL = [16, 32];

interface Contender {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly seconds: number;
}

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}

async function measure({ name, settings, seconds }: Contender, port: number, home: string, deadlineMs: number, factor: number, peakSeconds: number): Promise<void> {
  const server = await startSignalbox(name.replaceAll(/[^a-z0-9]+/g, '-'), port, home, settings);
  const clients = new Clients(server.target, DEMO_VOCAB_SIZE);
  const draw = random(7);
  const asked = (tenant: string, index: number, deadline: number | null): Asked => ({
    tenant,
    promptTokens: PROMPT_TOKENS,
    maxTokens: LEAST_ANSWER_TOKENS + Math.floor(draw() * (2 * (MEAN_ANSWER_TOKENS - LEAST_ANSWER_TOKENS) + 1)),
    seed: index,
    deadlineMs: deadline,
  });
  try {
    let peak = 0;
    for (const parallel of [PARALLEL[0] ?? 16, ...PARALLEL]) {
      const startedMs = performance.now();
      const seen = await closedLoop(peakSeconds / PARALLEL.length, parallel, (index) => clients.ask(asked(`tenant-${index % 4}`, index, null)));
      // The first run warms up.
      peak = Math.max(peak, (seen.reduce((sum, { completionTokens }) => sum + completionTokens, 0) / (performance.now() - startedMs)) * 1000);
    }
    const perSecond = (factor * peak) / MEAN_ANSWER_TOKENS;
    const memory: number[] = [];
    const memoryEveryMs = Math.min(60_000, (seconds * 1000) / 5);
    const seen = await openLoop({
      seconds,
      perSecond,
      tenants: TENANTS,
      random: random(11),
      ask: (tenant, index) => clients.ask(asked(tenant, index, deadlineMs)),
      tick: (elapsedMs) => {
        if (elapsedMs >= memory.length * memoryEveryMs) memory.push(residentMib(server.process.pid));
      },
    });
    memory.push(residentMib(server.process.pid));
    const outcome = outcomeOf(seen, TENANTS.map((tenant) => tenant.name), seconds, deadlineMs);
    print(name, { seconds, peak, perSecond, deadlineMs, memory }, outcome);
  } finally {
    clients.close();
    await server.process.stop();
  }
}

interface Facts {
  readonly seconds: number;
  /** Tokens in a second. */
  readonly peak: number;
  readonly perSecond: number;
  readonly deadlineMs: number;
  readonly memory: readonly number[];
}

function print(name: string, { seconds, peak, perSecond, deadlineMs, memory }: Facts, outcome: Outcome): void {
  const ratio = outcome.goodput / peak;
  const say = (met: boolean) => (met ? 'met' : 'MISSED');
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  console.log(`\n${name}: peak ${peak.toFixed(0)} tokens/s; ${perSecond.toFixed(1)} requests/s for ${seconds} s`);
  console.log(`  answered ${outcome.answered} (${outcome.late} late), refused ${outcome.refused}, begun and ended at the deadline ${outcome.ended}, no answer or another error ${outcome.lost}; refused without Retry-After ${outcome.withoutRetryAfter}`);
  console.log(`  goodput ${outcome.goodput.toFixed(0)} tokens/s, of the peak ${ratio.toFixed(3)}; target 0.9: ${say(ratio >= 0.9)}`);
  console.log(`  admitted: p50 ${ms(outcome.p50Ms)}, p99 ${ms(outcome.p99Ms)}; deadline ${ms(deadlineMs)}: ${say(outcome.p99Ms <= deadlineMs)}`);
  console.log(`  refused: p50 ${ms(outcome.refusedP50Ms)}, p99 ${ms(outcome.refusedP99Ms)}`);
  console.log(`  Jain index of served tokens ${outcome.jain.toFixed(3)}; by tenant ${[...outcome.tokensByTenant].map(([tenant, tokens]) => `${tenant} ${tokens}`).join(', ')}`);
  console.log(`  resident memory ${memory.join(', ')} MiB`);
  console.log(`  refusals ${[...outcome.codes].map(([code, count]) => `${code}: ${count}`).join(', ') || 'none'}`);
}

/** What the server does when three times as much comes as it can do: as admission has it now, and in order of arrival as it was. */
async function main(home: string): Promise<void> {
  const seconds = Number(option('seconds', '300'));
  const baselineSeconds = Number(option('baseline-seconds', String(Math.min(seconds, 40))));
  const deadlineMs = Number(option('deadline-ms', '5000'));
  const factor = Number(option('factor', '3'));
  const peakSeconds = Number(option('peak-seconds', '12'));
  const target = option('queue-target-ms', '2000');
  console.log(describeMachine());
  console.log(`${factor} times the peak, Poisson arrivals; ${TENANTS.map(({ name, share }) => `${name} ${share}`).join(', ')}; ${PROMPT_TOKENS} prompt tokens, ${LEAST_ANSWER_TOKENS} to ${2 * MEAN_ANSWER_TOKENS - LEAST_ANSWER_TOKENS} answer tokens`);
  const contenders: readonly Contender[] = [
    { name: 'fair', settings: { SIGNALBOX_QUEUE_TARGET_MS: target }, seconds },
    { name: 'arrival, queue of 64', settings: { SIGNALBOX_ADMISSION: 'arrival' }, seconds: baselineSeconds },
    { name: 'arrival, queue of 1024', settings: { SIGNALBOX_ADMISSION: 'arrival', SIGNALBOX_MAX_QUEUED: '1024' }, seconds: baselineSeconds },
  ];
  const only = option('only', '');
  for (const [index, contender] of contenders.entries()) {
    if (only === '' || contender.name.startsWith(only)) await measure(contender, FIRST_PORT + index, home, deadlineMs, factor, peakSeconds);
  }
}

await withHome(main);
