import { type Json } from '../run/run.ts';
import { estimate, figure } from './figures.ts';
import { type Block, type Cell } from './report.ts';
import { bounded } from './suite-blocks.ts';

const MAX_ROWS = 20;
const MAX_COLUMNS = 8;
const MAX_IN_CELL = 6;

type Fields = { readonly [name: string]: Json };

/** Told at the head of every report, or of no use to readers. */
const KNOWN = new Set(['format', 'kind', 'candidate', 'reference', 'suite', 'verdict', 'summary', 'measured']);

/** What a run of any kind found, field by field: figures as a list, lists of records as tables. */
export function foundBlocks(found: Fields): Block[] {
  const fields = Object.entries(found).filter(([name]) => !KNOWN.has(name));
  const facts = fields.filter(([, value]) => !isRecords(value) && !isNested(value));
  const rest = fields.filter(([, value]) => isRecords(value) || isNested(value));
  return [...(facts.length === 0 ? [] : [factTable(facts)]), ...rest.flatMap(([name, value]) => section(words(name), value))];
}

function section(title: string, value: Json): Block[] {
  if (isRecords(value)) return value.length === 0 ? [] : [{ kind: 'heading', text: title }, recordTable(value)];
  const fields = Object.entries(value as Fields);
  const facts = fields.filter(([, inner]) => !isRecords(inner) && !isNested(inner));
  const deep = fields.filter(([, inner]) => isRecords(inner) || isNested(inner));
  return [
    ...(facts.length === 0 ? [] : [{ kind: 'heading', text: title } as const, factTable(facts)]),
    ...deep.flatMap(([name, inner]) => section(`${title}: ${words(name).toLowerCase()}`, inner)),
  ];
}

function factTable(fields: readonly (readonly [string, Json])[]): Block {
  return bounded(['what', 'value'], fields.map(([name, value]) => [words(name), cell(value)]), 2 * MAX_ROWS);
}

function recordTable(records: readonly Fields[]): Block {
  const names = [...new Set(records.slice(0, MAX_ROWS).flatMap((record) => Object.keys(record)))];
  const shown = names.filter((name) => records.some((record) => record[name] !== null && record[name] !== undefined)).slice(0, MAX_COLUMNS);
  return bounded(shown.map((name) => words(name).toLowerCase()), records.map((record) => shown.map((name) => cell(record[name] ?? null))), MAX_ROWS);
}

/** A value in a few words. What others may have written is quoted. */
function cell(value: Json): Cell {
  if (value === null) return '-';
  if (typeof value === 'number') return figure(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return { quoted: value };
  if (Array.isArray(value)) {
    const shown = (value as readonly Json[]).slice(0, MAX_IN_CELL).map((one) => plain(cell(one)));
    return { quoted: `${shown.join(', ')}${value.length > MAX_IN_CELL ? `, ... (${value.length})` : ''}` };
  }
  const fields = value as Fields;
  if (isEstimate(fields)) {
    const { label } = fields as Fields;
    return typeof label === 'string' ? { quoted: `${label} ${estimate(fields)}` } : estimate(fields);
  }
  if (isExpert(fields)) return `expert/${fields.layer}/${fields.expert}`;
  return { quoted: Object.entries(fields).slice(0, MAX_IN_CELL).map(([name, inner]) => `${name} ${plain(cell(inner))}`).join(', ') };
}

function plain(of: Cell): string {
  return typeof of === 'string' ? of : of.quoted;
}

function isRecords(value: Json): value is readonly Fields[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one) && !isExpert(one as Fields));
}

/** An object of more than a cell can say. */
function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isEstimate(value as Fields) && !isExpert(value as Fields);
}

function isEstimate(fields: Fields): fields is { readonly value: number; readonly low: number | null; readonly high: number | null } {
  const isBound = (bound: Json | undefined): boolean => bound === null || typeof bound === 'number';
  return typeof fields['value'] === 'number' && isBound(fields['low']) && isBound(fields['high']);
}

function isExpert(fields: Fields): fields is { readonly layer: number; readonly expert: number } {
  return typeof fields['layer'] === 'number' && typeof fields['expert'] === 'number' && Object.keys(fields).length === 2;
}

/** `knockOut` as `Knock out`. */
function words(name: string): string {
  const spaced = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/[_-]/g, ' ').toLowerCase();
  return `${spaced.charAt(0).toUpperCase()}${spaced.slice(1)}`;
}
