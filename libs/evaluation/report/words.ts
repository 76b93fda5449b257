import { type Estimate } from '../run/result.ts';
import { type Block, type Cell } from './report.ts';

/** With an interval where there is one. */
type Figure = Pick<Estimate, 'value' | 'low' | 'high'>;

/** Such as `1 text` or `64 texts`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** Such as `41 %`; with a decimal below 10, where it tells more. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${Number(value.toFixed(Math.abs(value) < 10 ? 1 : 0))} %`;
}

/** Such as `41 % [39 %, 43 %]`. */
export function percentRange({ value, low, high }: Figure): string {
  return low === null || high === null ? percent(value) : `${percent(value)} [${percent(low)}, ${percent(high)}]`;
}

/** Three decimals, the least that bits/byte are read to, and none of a zero's sign. */
export function decimals(value: number): string {
  const text = value.toFixed(3);
  return text === '-0.000' ? '0.000' : text;
}

/** Such as `2.250 [2.190, 2.310]`. */
export function range({ value, low, high }: Figure): string {
  return low === null || high === null ? decimals(value) : `${decimals(value)} [${decimals(low)}, ${decimals(high)}]`;
}

/** The same with signs. */
export function changeRange({ value, low, high }: Figure): string {
  return low === null || high === null ? signed(value) : `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}

function signed(value: number): string {
  const text = decimals(value);
  return Number(text) > 0 ? `+${text}` : text;
}

/** A part of a model as people call it. What is no name of a part is quoted: others wrote it. */
export function partName(name: string): Cell {
  const [, kind, layer, expert] = /^(expert|router|layer)\/(\d{1,5})(?:\/(\d{1,5}))?$/.exec(name) ?? [];
  if (kind === 'expert' && expert !== undefined) return `expert ${expert} of layer ${layer} (${name})`;
  if (kind === 'router' && expert === undefined) return `router of layer ${layer} (${name})`;
  if (kind === 'layer' && expert === undefined) return `all that changed in layer ${layer}`;
  if (name === 'backbone') return 'backbone (attention, embeddings, head)';
  return name === 'routing' ? 'routing settings' : { quoted: name };
}

/** Such as `expert 5 of layer 2`. */
export function expertName({ layer, expert }: { readonly layer: number; readonly expert: number }): string {
  return `expert ${expert} of layer ${layer}`;
}

/** A table with what a screen takes; the rest stands folded below it, with its count. */
export function tableWithRest(columns: readonly string[], rows: readonly (readonly Cell[])[], shown: number, rest: string): Block[] {
  const [first, later] = [rows.slice(0, shown), rows.slice(shown)];
  return [{ kind: 'table', columns, rows: first }, ...(later.length === 0 ? [] : [foldedTable(rest, columns, later)])];
}

const MAX_FOLDED_ROWS = 100;

/** Its title says how many rows it has. */
export function foldedTable(title: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Block {
  return { kind: 'folded', title: `${title} (${rows.length})`, blocks: [{ kind: 'table', columns, rows: rows.slice(0, MAX_FOLDED_ROWS), more: Math.max(0, rows.length - MAX_FOLDED_ROWS) }] };
}

export function heading(text: string): Block {
  return { kind: 'heading', text };
}

export function paragraph(text: string): Block {
  return { kind: 'text', text };
}

/** Nothing where there is nothing to stand under it. */
export function underHeading(text: string, blocks: readonly Block[]): Block[] {
  return blocks.length === 0 ? [] : [heading(text), ...blocks];
}
