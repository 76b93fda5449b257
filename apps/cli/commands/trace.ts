import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { fit, printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

type Trace = CallOutput<'getTrace'>;

const PAGE_ROWS = 1024;
const TEXT_WIDTH = 14;
const MAX_NAMED_RULES = 10;
const FLAG_SIGNS = { dropped: 'D', rerouted: 'R', masked: 'M', fallback: 'F', unavailable: 'U', generalist: 'G' } as const;

/** Prints a request's routing, token by token. */
export async function trace(client: ApiClient, terminal: Terminal, requestId: string, options: { readonly json?: boolean }): Promise<void> {
  let offset: number | null = 0;
  let first = true;
  while (offset !== null) {
    const page: Trace = await client.call('getTrace', { params: { requestId }, query: { offset: String(offset), rows: String(PAGE_ROWS) } });
    terminal.print(options.json ? JSON.stringify(page) : traceText(page, terminal.columns, first));
    offset = page.nextOffset;
    first = false;
  }
}

/** A page of a trace as text; layers that do not fit beside each other go below. */
export function traceText(page: Trace, columns: number, withHead: boolean): string {
  const digits = String(Math.max(0, page.experts - 1)).length;
  const cell = page.topK * (digits + 5) + 2;
  const perBlock = Math.max(1, Math.floor((columns - 6 - TEXT_WIDTH) / cell));
  const lines = withHead ? head(page) : [];
  for (let from = 0; from < page.layers; from += perBlock) {
    const layers = Array.from({ length: Math.min(perBlock, page.layers - from) }, (_, i) => from + i);
    lines.push(`  row ${'token'.padEnd(TEXT_WIDTH)}${layers.map((layer) => fit(`layer ${layer}`, cell)).join('')}`.trimEnd());
    for (const token of page.tokens) {
      const mark = token.choice === null ? ' ' : '>';
      const text = fit(printable(token.text ?? (token.tokenId === null ? '' : `#${token.tokenId}`)), TEXT_WIDTH - 1);
      lines.push(`${mark}${String(token.row).padStart(4)} ${text} ${layers.map((layer) => decision(token, layer, digits).padEnd(cell)).join('')}`.trimEnd());
    }
    lines.push('');
  }
  return lines.join('\n');
}

function head({ request, totalRows, topK, experts }: Trace): string[] {
  const labels = Object.entries(request.segment).flatMap(([name, value]) => (value === '' ? [] : [`${name} ${printable(value)}`]));
  return [
    `${request.requestId}  ${request.at}  ${printable(request.model)}, release ${request.releaseId.slice(0, 12)}`,
    `${request.status}: ${request.promptTokens} prompt and ${request.completionTokens} completion tokens, ${totalRows} routed; ${request.durationMs} ms${labels.length > 0 ? `; ${labels.join(', ')}` : ''}`,
    `Top ${topK} of ${experts} experts, each with its gate weight; > marks generated tokens.`,
    'Flags: D dropped, R rerouted, M masked, F fallback, U unavailable, G generalist.',
    ...rulesLine(request.dataRules),
    '',
  ];
}

function rulesLine(rules: Trace['request']['dataRules']): string[] {
  if (rules === null) return [];
  const named = rules.rules.slice(0, MAX_NAMED_RULES).map(printable).join(', ') + (rules.rules.length > MAX_NAMED_RULES ? ', ...' : '');
  const masked = rules.maskedExperts === 0 ? 'no expert masked' : `${rules.maskedExperts} experts masked by ${named}`;
  return [`Data rules: generation ${rules.generation ?? 'unknown'} (${rules.digest.slice(0, 12)}), ${masked}.`];
}

function decision(token: Trace['tokens'][number], layer: number, digits: number): string {
  const gates = token.gates[layer] ?? [];
  const chosen = (token.experts[layer] ?? []).map((expert, k) => `${String(expert).padStart(digits)}:${(gates[k] ?? 0).toFixed(2).replace(/^0/, '')}`);
  const flags = token.flags.find((one) => one.layer === layer)?.flags ?? [];
  return `${chosen.join(' ')}${flags.map((flag) => FLAG_SIGNS[flag]).join('')}`;
}
