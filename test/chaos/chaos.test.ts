import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { ExpertLoad } from './expert-load.ts';

const LAYERS = 4;
const EXPERTS = 8;
const WAIT_MS = 120_000;

interface Fault {
  readonly layer: number;
  readonly expert: number;
  readonly kind: 'fail' | 'slow' | 'corrupt' | 'not-a-number';
  readonly delayMs?: number;
}

let home: string;
let signalbox: SignalboxProcess;
let load: ExpertLoad;

beforeAll(async () => {
  home = newTemporaryHome('chaos-');
  inject([]);
  signalbox = new SignalboxProcess(home, await freePort(), {
    SIGNALBOX_FAULT_FILE: join(home, 'faults.json'),
    SIGNALBOX_EXPERT_PROBE_MS: '50',
    SIGNALBOX_EXPERT_PROBE_MAX_MS: '400',
    SIGNALBOX_EXPERT_PATROL_MS: '2',
    SIGNALBOX_EXPERT_SLOW_FACTOR: '4',
    SIGNALBOX_ENGINE_THREADS: '1',
    SIGNALBOX_MEASURE_INTERVAL_MS: '1000',
    SIGNALBOX_ALERT_INTERVAL_MS: '500',
  });
  await signalbox.start();
  load = new ExpertLoad(signalbox.url, TEST_KEY);
  // A busy machine may make an expert look slow for a moment: what answers are compared with is of a time in which that changed none.
  await until(
    async () => {
      const before = await degraded();
      await load.askPlain();
      return (await degraded()) === before && (await conditions()).length === 0;
    },
    WAIT_MS,
    () => 'no time without a degraded decision',
  );
  load.begin();
});

afterAll(async () => {
  await load?.end();
  await signalbox?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

function inject(faults: readonly Fault[]): void {
  const path = join(home, 'faults.json');
  writeFileSync(`${path}.new`, JSON.stringify({ faults }));
  renameSync(`${path}.new`, path);
}

/** What the metrics say of experts: those with a state of their own, as `layer/expert state`. */
async function conditions(): Promise<string[]> {
  const text = await metrics();
  return [...text.matchAll(/^signalbox_expert_state\{([^}]*)\} 1/gm)].map(([, labels]) => `${labelOf(labels!, 'layer')}/${labelOf(labels!, 'expert')} ${labelOf(labels!, 'state')}`).toSorted();
}

async function failures(reason: string): Promise<number> {
  const text = await metrics();
  return sumOf([...text.matchAll(/^signalbox_expert_failures_total\{([^}]*)\} (\d+)/gm)].filter(([, labels]) => labelOf(labels!, 'reason') === reason));
}

async function degraded(): Promise<number> {
  return sumOf([...(await metrics()).matchAll(/^signalbox_degraded_decisions_total\{([^}]*)\} (\d+)/gm)]);
}

function sumOf(found: readonly RegExpMatchArray[]): number {
  return found.reduce((sum, [, , value]) => sum + Number(value), 0);
}

async function metrics(): Promise<string> {
  return (await fetch(`${signalbox.url}/metrics`, { headers: { authorization: `Bearer ${TEST_KEY}` } })).text();
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
}

/** Out of service, whatever stage of recovery their probes have reached. */
async function untilOut(faults: readonly Fault[]): Promise<void> {
  const wanted = faults.map(({ layer, expert }) => `${layer}/${expert}`).toSorted();
  let seen: string[] = [];
  await until(
    async () => {
      seen = await conditions();
      const out = new Set(seen.map((line) => line.split(' ')[0]));
      return wanted.every((place) => out.has(place));
    },
    WAIT_MS,
    () => `wanted ${wanted.join(', ')} out of service, saw ${seen.join(', ')}`,
  );
}

/** An alert is raised for every one of them. */
async function untilAlerted(faults: readonly Fault[]): Promise<void> {
  interface Alerts {
    readonly items: readonly { readonly labels: Readonly<Record<string, string>> }[];
  }
  const wanted = faults.map(({ layer, expert }) => `${layer}/${expert}`);
  let seen: string[] = [];
  await until(
    async () => {
      seen = (await signalbox.json<Alerts>('/api/v1/alerts?signal=expert-unavailable&limit=100')).items.map(({ labels }) => `${labels['layer']}/${labels['expert']}`);
      return wanted.every((place) => seen.includes(place));
    },
    WAIT_MS,
    () => `wanted alerts of ${wanted.join(', ')}, saw ${seen.join(', ')}`,
  );
}

async function untilWell(): Promise<void> {
  let seen: string[] = [];
  await until(async () => (seen = await conditions()).length === 0, WAIT_MS, () => `still not well: ${seen.join(', ')}`);
}

describe('experts that fail under load', () => {
  it.each([
    ['fail', 'error'],
    ['not-a-number', 'not-finite'],
    ['corrupt', 'wrong-output'],
    ['slow', 'slow'],
  ] as const)('takes one that is made to %s out of service for that reason, and back by itself', async (kind, reason) => {
    const faults: Fault[] = [{ layer: 2, expert: 3, kind, delayMs: 40 }];
    const before = { failures: await failures(reason), answered: load.answered };
    inject(faults);
    await untilOut(faults);
    // On a busy machine it may have been out for being slow, before it failed as it was made to.
    await until(async () => (await failures(reason)) > before.failures, WAIT_MS, () => `no failure is counted as ${reason}`);
    inject([]);
    await untilWell();
    await until(() => load.answered > before.answered + 8, WAIT_MS);
    expect(load.failures).toEqual([]);
  });

  it('answers every request through a storm that takes half of the experts of each layer, raises alerts, and then answers as before it', async () => {
    const storm: Fault[] = [];
    const kinds = ['fail', 'not-a-number', 'corrupt', 'slow'] as const;
    for (let layer = 0; layer < LAYERS; layer++) {
      for (const [at, kind] of kinds.entries()) storm.push({ layer, expert: (layer + 2 * at) % EXPERTS, kind, delayMs: 15 });
    }
    const before = { degraded: await degraded(), answered: load.answered };
    inject(storm);
    await untilOut(storm);
    await until(() => load.answered > before.answered + 16, WAIT_MS);
    expect(await degraded()).toBeGreaterThan(before.degraded);
    expect((await fetch(`${signalbox.url}/readyz`)).status).toBe(200);
    await untilAlerted(storm);
    inject([]);
    await untilWell();
    // A busy machine may make an expert look slow for a moment, which changes an answer that it would have had a part in.
    await until(async () => JSON.stringify(await load.answers()) === JSON.stringify(load.plain), WAIT_MS, () => 'the answers are not what they were before the storm');
    expect(load.failures).toEqual([]);
  });

  it('shows what happened in the traces', async () => {
    interface Page {
      readonly items: readonly { readonly requestId: string }[];
    }
    let traces: Page['items'] = [];
    await until(
      async () => (traces = (await signalbox.json<Page>('/api/v1/traces?model=tiny-mixtral&flag=unavailable')).items).length > 0,
      WAIT_MS,
      () => `no trace carries the flag:\n${signalbox.log.slice(-2000)}`,
    );
    expect(traces.length).toBeGreaterThan(0);
  });
});
