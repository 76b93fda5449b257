import { type SignalboxProcess } from '../harness/signalbox-process.ts';

export interface RecordedRequest {
  readonly requestId: string;
  readonly status: 'answered' | 'cancelled' | 'failed';
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly routedTokens: number;
}

/** Every recorded request, page by page. */
export async function recordedRequests(signalbox: SignalboxProcess): Promise<RecordedRequest[]> {
  const all: RecordedRequest[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page: { items: RecordedRequest[]; nextCursor: string | null } = await signalbox.json(`/api/v1/traces?limit=200${query}`);
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}

export interface UsageTotals {
  readonly topK: number;
  readonly layers: readonly { readonly tokens: number; readonly loadSum: number }[];
}

/** The usage matrix summed over experts, from the roll-ups. */
export async function usageTotals(signalbox: SignalboxProcess): Promise<UsageTotals> {
  const usage = await signalbox.json<{ topK: number; groups: { layers?: { tokens: number; load: number[] }[] }[] }>('/api/v1/usage?model=tiny-mixtral');
  const layers = usage.groups[0]?.layers ?? [];
  return {
    topK: usage.topK,
    layers: layers.map(({ tokens, load }) => ({ tokens, loadSum: load.reduce((sum, value) => sum + value, 0) })),
  };
}
