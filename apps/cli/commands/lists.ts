import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { bytes, printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

/** Latency, tokens and size of each expert. */
export async function experts(
  client: ApiClient,
  terminal: Terminal,
  options: { readonly model?: string; readonly release?: string; readonly layer?: string; readonly from?: string; readonly to?: string; readonly json?: boolean },
): Promise<void> {
  const { json, ...query } = options;
  const answer = await client.call('getExperts', { query });
  if (json) {
    terminal.print(JSON.stringify(answer, null, 2));
    return;
  }
  const ms = (value: number | null): string => value?.toFixed(3) ?? '';
  const rows = answer.experts.map(({ layer, expert, tokens, runs, latencyMs, weightBytes }) => [
    String(layer), `e${expert}`, String(tokens), String(runs), ms(latencyMs.p50), ms(latencyMs.p95), ms(latencyMs.p99), weightBytes === null ? '' : bytes(weightBytes),
  ]);
  terminal.print(
    [
      `${printable(answer.model)}, release ${answer.release.slice(0, 12)}`,
      '',
      table(['layer', 'expert', 'tokens', 'runs', 'p50 ms', 'p95 ms', 'p99 ms', 'weights'], rows, 2),
      '',
      ...summary(answer.experts),
    ].join('\n'),
  );
}

function summary(all: CallOutput<'getExperts'>['experts']): string[] {
  const weightBytes = all.reduce((sum, expert) => sum + (expert.weightBytes ?? 0), 0);
  const idle = all.filter(({ runs }) => runs === 0).length;
  return [
    `${all.length} experts, ${bytes(weightBytes)} of weights as stored; ${idle} did not run.`,
    'A run is one call of an expert in one step of the engine, with all tokens that',
    'chose it in that step. Latency is that of a run.',
    ...(idle === all.length ? ['Nothing ran in this time: send some requests; figures come within some 10 s.'] : []),
  ];
}
