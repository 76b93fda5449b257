import { type PrivacyLevel, type PrivacyResult } from '../privacy/result.ts';
import { type Estimate } from '../run/result.ts';
import { type Json } from '../run/run.ts';
import { estimate } from './figures.ts';
import { type Block, type Cell, type ReportInput } from './report.ts';
import { counted, foldedTable, heading, paragraph, percent, percentRange, tableWithRest, underHeading } from './words.ts';

const SHOWN_LEVELS = 8;

interface Bounds {
  readonly recovery: number | null;
  readonly auc: number | null;
}

/** How much records of routes tell: the verdict, what an attacker gets at each level of what is kept, what to keep. */
export function privacyBlocks({ result, settings }: Pick<ReportInput, 'result' | 'settings'>): Block[] | null {
  const found = result as PrivacyResult;
  if (!Array.isArray(found.levels) || found.chance === undefined || found.recommendation === undefined || !Array.isArray(found.limits) || !Array.isArray(found.learningCurve)) return null;
  const bounds = boundsOf(settings);
  return [
    paragraph(found.summary),
    ...verdictBlocks(found),
    heading('What an attacker gets, by what is kept of a request'),
    paragraph(`The attacker learnt from ${counted(found.learningCurve.at(-1)?.trainTokens ?? found.tokens.train, 'token')} of other texts of the same kinds and guessed at ${counted(found.tokens.heldOut, 'token')} of ${counted(found.documents.heldOut, 'text')}. AUC: 0.5 is blind guessing of the class of a text, 1 is certainty. Brackets hold 95 % intervals.`),
    ...levelBlocks(found, bounds),
    heading('What to do next'),
    ...nextBlocks(found),
    heading('What was not measured'),
    { kind: 'list', items: found.limits },
    ...underHeading('Details', detailBlocks(found)),
  ];
}

function boundsOf(settings: Json): Bounds {
  const given = typeof settings === 'object' && settings !== null && !Array.isArray(settings) ? (settings as { readonly [name: string]: Json }) : {};
  const bound = (name: string): number | null => (typeof given[name] === 'number' ? given[name] : null);
  return { recovery: bound('maxTokenRecovery'), auc: bound('maxClassAuc') };
}

function verdictBlocks({ verdict }: PrivacyResult): Block[] {
  return verdict.reasons.length === 0 ? [] : [{ kind: 'list', items: verdict.reasons.map(({ reason, detail }) => ({ quoted: `${reason}: ${detail}` })) }];
}

function levelBlocks({ levels, chance, recommendation }: PrivacyResult, bounds: Bounds): Block[] {
  const rows = levels.map((level): Cell[] => [
    level.level === recommendation.level ? 'this one' : '',
    levelName(level.level),
    percentRange(level.tokenRecovery),
    level.classAuc === null ? '-' : estimate(rounded(level.classAuc)),
    level.informationBits.value.toFixed(2),
    // Its figures are means over all requests: a trace that is kept is as open as any other.
    level.level === 'sampled' ? 'as routes, where kept' : within(level, bounds),
  ]);
  const blind: Cell[] = ['', 'nothing: the most frequent token', percentRange(chance.majority), '0.5', '0', '-'];
  return tableWithRest(['keep at most', 'what is kept', `tokens given back${atMost(bounds.recovery, percent)}`, `class AUC${atMost(bounds.auc, String)}`, 'bits a token', 'within the bounds'], [...rows, blind], SHOWN_LEVELS, 'Other levels');
}

function atMost(bound: number | null, text: (bound: number) => string): string {
  return bound === null ? '' : `, at most ${text(bound)}`;
}

/** As the verdict has it: the end of the interval that is nearer to the bound must keep it. */
function within({ tokenRecovery, classAuc }: PrivacyLevel, { recovery, auc }: Bounds): string {
  const sides = [...(recovery === null ? [] : [side(tokenRecovery, recovery)]), ...(auc === null || classAuc === null ? [] : [side(classAuc, auc)])];
  if (sides.length === 0) return '-';
  if (sides.includes('no')) return 'no';
  return sides.every((one) => one === 'yes') ? 'yes' : 'not decided';
}

function side({ value, low, high }: Estimate, bound: number): 'yes' | 'no' | 'open' {
  if ((low ?? value) > bound) return 'no';
  return high !== null && high <= bound ? 'yes' : 'open';
}

function rounded({ value, low, high, n }: Estimate): Estimate {
  const two = (one: number): number => Number(one.toFixed(3));
  return { value: two(value), low: low === null ? null : two(low), high: high === null ? null : two(high), n };
}

function levelName(level: string): Cell {
  const [, requests] = /^aggregate-(\d{1,5})$/.exec(level) ?? [];
  if (requests !== undefined) return requests === '1' ? 'usage of each request by itself (aggregate-1)' : `sums over ${requests} requests (aggregate-${requests})`;
  return LEVEL_WORDS[level] ?? { quoted: level };
}

const LEVEL_WORDS: Readonly<Record<string, string>> = {
  full: 'token ids and routes (full)',
  routes: 'routes with gates (routes)',
  'routes-ids': 'routes without gates (routes-ids)',
  sampled: 'routes of a share of the requests (sampled)',
};

function nextBlocks({ recommendation: { level, detail } }: PrivacyResult): Block[] {
  const capture = level.startsWith('aggregate-') ? 'aggregate' : level;
  const requests = level.startsWith('aggregate-') ? Number(level.slice('aggregate-'.length)) : 1;
  const isKnown = ['full', 'routes', 'aggregate', 'off'].includes(capture);
  return [
    paragraph(detail),
    ...(isKnown ? [paragraph('The settings that keep no more than that, of every process that serves:'), { kind: 'commands', lines: [`SIGNALBOX_CAPTURE=${capture}`, ...(requests > 1 && Number.isInteger(requests) ? [`SIGNALBOX_MIN_REQUESTS=${requests}`] : [])] } as const] : []),
  ];
}

function detailBlocks({ levels, learningCurve, layers, chance }: PrivacyResult): Block[] {
  const classes = levels.flatMap((level) => level.classes.map((one): Cell[] => [levelName(level.level), { quoted: one.label }, estimate(rounded(one))]));
  return [
    foldedTable('Within five guesses', ['what is kept', 'tokens given back'], [...levels.map((level): Cell[] => [levelName(level.level), percentRange(level.top5)]), ['nothing: the most frequent tokens', percentRange(chance.majorityTop5)]]),
    ...(learningCurve.length === 0 ? [] : [foldedTable('With more text to learn from', ['tokens learnt from', 'tokens given back'], learningCurve.map((point) => [counted(point.trainTokens, 'token'), percentRange(point.tokenRecovery)]))]),
    ...(classes.length === 0 ? [] : [foldedTable('Classes told apart', ['what is kept', 'class', 'AUC'], classes)]),
    ...(layers.length === 0 ? [] : [foldedTable('What one layer tells, bits', ['layer', 'of the class', 'of the token'], layers.map(({ layer, classBits, tokenBits }) => [String(layer), classBits === null ? '-' : estimate(rounded(classBits)), tokenBits === null ? '-' : estimate(rounded(tokenBits))]))]),
  ];
}
