import { type ApiClient, type CallOutput } from '../../api/api-client.ts';
import { CliError, EXIT } from '../../api/exit-code.ts';
import { type Stage, waitUntil } from './phase.ts';
import { type UndoList } from './undo-list.ts';

export interface BaselineOrder {
  readonly model: string;
  readonly release: string;
  /** Traffic since then. */
  readonly fromMs: number;
  /** Requests that it stands on, at least 1,000. */
  readonly requests: number;
}

type Baseline = CallOutput<'getBaseline'>;
type Parts = { readonly client: ApiClient; readonly undoClient: ApiClient; readonly undo: UndoList; readonly stage: Stage };

/** Freezes the traffic since a time and adopts it. At the end the baseline that was in force before is adopted again; where there was none, this one stays. */
export async function adoptBaseline({ client, undoClient, undo, stage }: Parts, { model, release, fromMs, requests }: BaselineOrder): Promise<void> {
  const before = await inForce(client, model, release);
  const from = new Date(fromMs).toISOString();
  await waitUntil(stage, 'for all of it to be recorded', async () => (await recorded(client, model, from)) >= requests);
  let baseline: Baseline = await client.call('createBaseline', { body: { model, release, from, requests } });
  const { id } = baseline;
  await waitUntil(stage, 'for the baseline to be frozen', async () => (baseline = await client.call('getBaseline', { params: { baselineId: id } })).state !== 'freezing');
  if (baseline.state !== 'ready') throw new CliError(EXIT.failed, `The baseline ${baseline.state}: ${baseline.note ?? 'the server gave no reason'}`);
  await adopt(client, baseline, 'demo of a shift');
  if (before) undo.add(`the baseline ${before.id}`, async () => adopt(undoClient, await undoClient.call('getBaseline', { params: { baselineId: before.id } }), 'end of the demo of a shift'));
}

async function adopt(client: ApiClient, { id, generation }: Baseline, reason: string): Promise<void> {
  await client.call('adoptBaseline', { params: { baselineId: id }, headers: { 'if-match': `"${generation}"` }, body: { reason } });
}

/** Of the newest 200: who has more has adopted one lately. */
async function inForce(client: ApiClient, model: string, release: string): Promise<Baseline | null> {
  const { items } = await client.call('listBaselines', { query: { model, state: 'ready', limit: '200' } });
  return items.find((one) => one.inForce && one.release === release) ?? null;
}

async function recorded(client: ApiClient, model: string, from: string): Promise<number> {
  const { groups } = await client.call('getUsage', { query: { model, from } });
  return groups.reduce((sum, group) => sum + (group.requests ?? 0), 0);
}
