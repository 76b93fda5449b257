import { expect } from 'vitest';
import { recordedRequests, usageTotals } from '../accounting/recorded.ts';
import { type SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { until } from '../harness/until.ts';
import { parseExposition, sumOf } from '../telemetry/exposition.ts';

/** Longer than a key's five seconds in the cache. */
export const OUTAGE_MS = 8_000;
const LAYERS = 4;

interface Health {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly isRequired: boolean }>>;
}

interface OutageFigures {
  readonly spoolBytes: number;
  readonly batches: number;
  readonly refused: number;
  readonly lost: number;
  readonly heapBytes: number;
}

/** A client of the product that goes on asking while its database is away. */
export class OutageClient {
  constructor(readonly signalbox: SignalboxProcess) {}

  async figures(): Promise<OutageFigures> {
    const metrics = parseExposition(await (await fetch(`${this.signalbox.url}/metrics`)).text());
    return {
      spoolBytes: sumOf(metrics, 'signalbox_spool_held_bytes'),
      batches: sumOf(metrics, 'signalbox_spool_batches'),
      refused: sumOf(metrics, 'signalbox_spool_refused'),
      lost: sumOf(metrics, 'signalbox_traces_lost_total'),
      heapBytes: metrics.get('nodejs_heap_size_used_bytes')?.series.get('nodejs_heap_size_used_bytes{}') ?? Number.NaN,
    };
  }

  async health(): Promise<Health> {
    return (await (await fetch(`${this.signalbox.url}/readyz`)).json()) as Health;
  }

  complete(number: number, key: string): Promise<Response> {
    return fetch(`${this.signalbox.url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tiny-mixtral', prompt: `${number} `.repeat(150), max_tokens: 2, metadata: { tenant: 'a' } }),
    });
  }

  /** Sends requests, a few at a time, until both are reached; gives the ids of all that were answered, which is all. */
  async serve(atLeast: number, forMs: number): Promise<string[]> {
    const untilMs = Date.now() + forMs;
    const ids: string[] = [];
    let sent = 0;
    const lane = async (): Promise<void> => {
      while (sent < atLeast || Date.now() < untilMs) {
        const response = await this.complete((sent += 1), TEST_KEY);
        const text = await response.text();
        if (response.status !== 200) throw new Error(`a request was answered ${response.status}: ${text}`);
        ids.push(response.headers.get('x-request-id') ?? '');
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    return ids;
  }
}

/** Exactly these requests are recorded, once each, and the loads add up. */
export async function expectRecorded(client: OutageClient, ids: readonly string[]): Promise<void> {
  const { signalbox } = client;
  // Bytes, because a segment that is still open is no batch yet.
  await until(async () => (await client.figures()).spoolBytes === 0, 120_000, () => `traces still wait:\n${signalbox.lastWords}`);
  const recorded = await recordedRequests(signalbox);
  expect(recorded.map(({ requestId }) => requestId).toSorted()).toEqual(ids.toSorted());
  const routedTokens = recorded.reduce((sum, request) => sum + request.routedTokens, 0);
  const usage = await usageTotals(signalbox);
  expect(usage.layers).toEqual(Array.from({ length: LAYERS }, () => ({ tokens: routedTokens, loadSum: routedTokens * usage.topK })));
}
