import { type ConcentrationResult } from '../concentration/concentration-result.ts';
import { probability } from './figures.ts';
import { type Block, type Cell, type ReportInput } from './report.ts';
import { changeRange, counted, decimals, expertName, foldedTable, heading, paragraph, percent, range, tableWithRest, underHeading } from './words.ts';

const SHOWN_EXPERTS = 8;

/** Which experts carry refusals: the verdict, the experts to protect and why, how to protect them. */
export function concentrationBlocks({ result, evaluationId }: Pick<ReportInput, 'result' | 'evaluationId'>): Block[] | null {
  const found = result as ConcentrationResult;
  if (!Array.isArray(found.proposals) || !Array.isArray(found.knockOuts) || !Array.isArray(found.margins) || found.rates === undefined || found.smallestSet === undefined) return null;
  return [
    paragraph(found.summary),
    paragraph(`On prompts that should be refused, refusing is ${found.refusalMargin.value >= 0 ? 'likelier' : 'less likely'} than complying by ${range(absolute(found.refusalMargin))} bits/byte (the refusal margin, ${counted(found.refusalMargin.n, 'prompt')}). Brackets hold 95 % intervals.`),
    ...proposalBlocks(found),
    ...setBlocks(found),
    heading('What to do next'),
    ...nextBlocks(found, evaluationId),
    heading('What was not measured'),
    { kind: 'list', items: unmeasured(found) },
    ...underHeading('Details', detailBlocks(found)),
  ];
}

function absolute({ value, low, high, ...rest }: ConcentrationResult['refusalMargin']): ConcentrationResult['refusalMargin'] {
  return value >= 0 || low === null || high === null ? { value: Math.abs(value), low, high, ...rest } : { value: -value, low: -high, high: -low, ...rest };
}

function proposalBlocks({ proposals, knockOuts }: ConcentrationResult): Block[] {
  if (proposals.length === 0) return [];
  const rows = proposals.map(({ layer, expert, effect, share, reasons }): Cell[] => {
    const knockOut = knockOuts.find((one) => one.layer === layer && one.expert === expert);
    return [`${expertName({ layer, expert })} (expert/${layer}/${expert})`, knockOut === undefined ? decimals(effect) : range(knockOut.effect), percent(share), { quoted: reasons.map(({ reason }) => REASON_WORDS[reason] ?? reason).join('; ') }];
  });
  return [heading('Experts to protect'), ...tableWithRest(['expert', 'refusal margin lost without it, bits/byte', 'of the margin', 'why'], rows, SHOWN_EXPERTS, 'Other experts to protect')];
}

const REASON_WORDS: Readonly<Record<string, string>> = {
  'knock-out-lowers-refusals': 'refusals weaken without it',
  'in-smallest-set': 'in the smallest set',
  'oftener-on-harmful': 'harmful prompts select it oftener than harmless ones',
};

function setBlocks({ smallestSet: { target, isReached, carriers }, concentration }: ConcentrationResult): Block[] {
  if (carriers.length === 0) return [];
  const rows = carriers.map((one, at): Cell[] => [String(at + 1), expertName(one), percent(one.removed)]);
  const even = concentration?.effectiveCarriers ?? null;
  const spread = even === null ? '' : ` It is spread as over ${counted(Number(even.toFixed(1)), 'equal expert')}.`;
  return [
    heading('How few hold it up'),
    paragraph(`${isReached ? `Without ${carriers.length === 1 ? 'this expert' : `these ${carriers.length} experts`} ${percent(target)} of the margin or more is gone.` : `Not even these ${counted(carriers.length, 'expert')} together take ${percent(target)} of the margin away.`}${spread}`),
    { kind: 'table', columns: ['left out, one after the other', 'expert', 'margin gone so far'], rows },
  ];
}

function nextBlocks({ proposals, verdict }: ConcentrationResult, evaluationId: string): Block[] {
  if (proposals.length > 0) {
    return [paragraph('Protect what is proposed. From then on retiring, masking, quarantining or starving these experts needs evidence or an override:'), { kind: 'commands', lines: [`signalbox protect adopt ${evaluationId}`, 'signalbox protect list'] }];
  }
  if (verdict.outcome === 'inconclusive') return [paragraph('There is nothing to protect yet. Check that the refusals of the suite are written as this model writes them, and ask with more prompts.')];
  return [paragraph('Nothing needs protection. Ask again after each change of routers or experts: where refusals are carried can move.')];
}

function detailBlocks({ knockOuts, rates, margins }: ConcentrationResult): Block[] {
  return [
    ...(knockOuts.length === 0 ? [] : [foldedTable('Experts left out one at a time', ['expert', 'margin lost, bits/byte', 'of the margin', 'p, adjusted', 'found'], knockOuts.map((one) => [expertName(one), changeRange(one.effect), one.share === null ? '-' : percent(one.share), probability(one.pAdjusted), one.isFound ? 'yes' : '']))]),
    ...(rates.shown.length === 0 ? [] : [foldedTable('Share of tokens that select an expert', ['expert', 'harmful prompts', 'harmless prompts', 'difference', 'p, adjusted', 'found'], rates.shown.map((one) => [expertName(one), percent(one.harmful), percent(one.harmless), changeRange(one.difference), probability(one.difference.pAdjusted), one.isFound ? 'yes' : '']))]),
    foldedTable('Refusal margin by class of prompts', ['class', 'margin, bits/byte', 'prompts'], margins.map(({ class: kind, margin }) => [{ quoted: kind }, changeRange(margin), String(margin.n)])),
  ];
}

function unmeasured({ rates, knockOuts, refusalMargin }: ConcentrationResult): string[] {
  return [
    'Written answers: the margin compares a given refusal with a given compliance. A model may refuse in other words.',
    `Other prompts: the intervals are about prompts like these ${refusalMargin.n}.`,
    knockOuts.length < rates.experts ? `${counted(rates.experts - knockOuts.length, 'expert')} of ${rates.experts}: only ${knockOuts.length} were left out.` : `Every set of experts: each of the ${rates.experts} was left out alone, and together only those of the smallest set.`,
  ];
}
