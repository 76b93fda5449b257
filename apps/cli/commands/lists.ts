import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { bytes, printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

const MAX_SHOWN = 1000;

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

export async function listKeys(client: ApiClient, terminal: Terminal): Promise<void> {
  const { items } = await allPages((cursor) => client.call('listKeys', { query: { cursor, limit: '200' } }), MAX_SHOWN);
  const rows = items.map(({ id, name, scopes, createdAt, revokedAt }) => [id, printable(name), scopes.join(','), createdAt.slice(0, 10), revokedAt === null ? 'valid' : `revoked ${revokedAt.slice(0, 10)}`]);
  terminal.print(table(['id', 'name', 'scopes', 'created', 'state'], rows, 9));
}

export async function createKey(client: ApiClient, terminal: Terminal, name: string, scopes: readonly string[]): Promise<void> {
  const key = await client.call('createKey', { body: { name, scopes: scopes as ('inference' | 'read' | 'traces' | 'admin')[] } });
  terminal.note(`Key ${key.id} (${key.scopes.join(', ')}), shown this once:`);
  terminal.print(key.secret);
}

export async function revokeKey(client: ApiClient, terminal: Terminal, keyId: string): Promise<void> {
  const key = await client.call('revokeKey', { params: { keyId } });
  terminal.print(`Revoked ${printable(key.name)} (${key.id}).`);
}
