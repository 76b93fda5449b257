import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SignalboxUnderTest, startSignalbox } from '../harness/signalbox.ts';

const LAYERS = 4;
const EXPERTS = 8;
const KINDS = ['fail', 'not-a-number', 'corrupt', 'slow'] as const;
type Kind = (typeof KINDS)[number];
const REASONS: Readonly<Record<Kind, string>> = { fail: 'error', 'not-a-number': 'not-finite', corrupt: 'wrong-output', slow: 'slow' };
const DELAY_MS = 25;
const MAX_TOKENS = 16;
const PORT = 7196;

export interface StormOptions {
  readonly seconds: number;
  readonly parallel: number;
  readonly stormMs: number;
  readonly calmMs: number;
}

interface Storm {
  readonly atMs: number;
  endMs: number;
  readonly faults: readonly { readonly layer: number; readonly expert: number; readonly kind: Kind }[];
}

export interface StormReport {
  readonly storms: number;
  readonly requests: { readonly storm: number; readonly calm: number };
  /** Answers in a second. */
  readonly rate: { readonly storm: number; readonly calm: number };
  readonly failures: readonly string[];
  /** From the fault to the expert out of service, by kind; a fault that ended unseen has none. */
  readonly detectMs: Readonly<Record<Kind, number[]>>;
  readonly unseen: Readonly<Record<Kind, number>>;
  /** From the end of a storm to the last expert back in service. */
  readonly recoverMs: readonly number[];
}

/** Storms that take up to half of the experts of each layer, with calm between them, under load. */
export async function ride(home: string, { seconds, parallel, stormMs, calmMs }: StormOptions): Promise<StormReport> {
  const faultFile = join(home, 'faults.json');
  const signalbox = await startSignalbox('storm', PORT, home, { SIGNALBOX_FAULT_FILE: faultFile, SIGNALBOX_LOG_LEVEL: 'info', SIGNALBOX_EXPERT_PATROL_MS: '20' });
  const storms: Storm[] = [];
  const failures: string[] = [];
  const requests = { storm: 0, calm: 0 };
  const spentMs = { storm: 0, calm: 0 };
  let phase: 'storm' | 'calm' = 'calm';
  const over = new AbortController();
  const client = async (first: number): Promise<void> => {
    for (let at = first; !over.signal.aborted; at += parallel) {
      try {
        await complete(signalbox, `Prompt number ${at} says that`);
        requests[phase] += 1;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  try {
    const clients = Array.from({ length: parallel }, (_, index) => client(index));
    const endMs = Date.now() + seconds * 1000;
    await rest(calmMs);
    while (Date.now() < endMs) {
      const faults = drawStorm(storms.length);
      inject(faultFile, faults);
      const storm: Storm = { atMs: Date.now(), endMs: 0, faults };
      storms.push(storm);
      phase = 'storm';
      await rest(stormMs);
      spentMs.storm += stormMs;
      inject(faultFile, []);
      storm.endMs = Date.now();
      phase = 'calm';
      await rest(calmMs);
      spentMs.calm += calmMs;
    }
    over.abort();
    await Promise.all(clients);
  } finally {
    over.abort();
    await signalbox.process.stop();
  }
  const rate = { storm: (requests.storm * 1000) / spentMs.storm, calm: (requests.calm * 1000) / (spentMs.calm + calmMs) };
  return { storms: storms.length, requests, rate, failures, ...readLog(join(home, 'storm.log'), storms) };
}

async function complete({ url, key }: SignalboxUnderTest, prompt: string): Promise<void> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny-mixtral', prompt, max_tokens: MAX_TOKENS, ignore_eos: true, temperature: 0 }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
}

function rest(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function inject(path: string, faults: Storm['faults']): void {
  writeFileSync(`${path}.new`, JSON.stringify({ faults: faults.map((fault) => ({ ...fault, delayMs: DELAY_MS })) }));
  renameSync(`${path}.new`, path);
}

/** Half of the experts of each layer, one for each kind, others in each storm. */
function drawStorm(storm: number): Storm['faults'] {
  return Array.from({ length: LAYERS * KINDS.length }, (_, at) => {
    const layer = Math.floor(at / KINDS.length);
    const rank = at % KINDS.length;
    return { layer, expert: (storm + layer + 2 * rank) % EXPERTS, kind: KINDS[(rank + storm) % KINDS.length]! };
  });
}

interface LogLine {
  readonly time?: string;
  readonly layer?: number;
  readonly expert?: number;
  readonly state?: string;
  readonly reason?: string;
}

function readLog(path: string, storms: readonly Storm[]): Pick<StormReport, 'detectMs' | 'unseen' | 'recoverMs'> {
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line.includes('"state"')).map((line) => JSON.parse(line) as LogLine);
  const detectMs: Record<Kind, number[]> = { fail: [], 'not-a-number': [], corrupt: [], slow: [] };
  const unseen: Record<Kind, number> = { fail: 0, 'not-a-number': 0, corrupt: 0, slow: 0 };
  const recoverMs: number[] = [];
  for (const [at, storm] of storms.entries()) {
    const during = lines.filter(({ time }) => Date.parse(time ?? '') >= storm.atMs && Date.parse(time ?? '') <= storm.endMs);
    for (const { layer, expert, kind } of storm.faults) {
      const seen = during.find((line) => line.layer === layer && line.expert === expert && line.state === 'open' && line.reason === REASONS[kind]);
      if (seen) detectMs[kind].push(Date.parse(seen.time!) - storm.atMs);
      else unseen[kind] += 1;
    }
    const until = storms[at + 1]?.atMs ?? Infinity;
    const back = lines.filter(({ time, state }) => state === 'closed' && Date.parse(time ?? '') >= storm.endMs && Date.parse(time ?? '') < until);
    if (back.length > 0) recoverMs.push(Math.max(...back.map(({ time }) => Date.parse(time!))) - storm.endMs);
  }
  return { detectMs, unseen, recoverMs };
}
