import { type RecalibrationResult } from '../recalibration/recalibration-result.ts';
import { type Block, type Cell, type ReportInput } from './report.ts';
import { changeRange, counted, decimals, foldedTable, heading, paragraph, percent, tableWithRest, underHeading } from './words.ts';

const SHOWN_STRENGTHS = 8;

/** What a bias on the selection would do: the verdict, balance beside quality by strength, how to propose it. */
export function recalibrationBlocks({ result }: Pick<ReportInput, 'result'>): Block[] | null {
  const found = result as RecalibrationResult;
  if (!Array.isArray(found.strengths) || found.strengths.length === 0 || typeof found.items !== 'number') return null;
  return [
    paragraph(found.summary),
    ...strengthBlocks(found),
    heading('What to do next'),
    ...nextBlocks(found),
    heading('What was not measured'),
    {
      kind: 'list',
      items: [
        'Speed: an even load is measured in selections, not in milliseconds.',
        'Answers and refusals: quality is the likelihood of given texts.',
        `Other texts: balance and quality are about texts like these ${found.items}. Balance has no interval.`,
      ],
    },
    ...underHeading('Details', detailBlocks(found)),
  ];
}

function strengthBlocks({ strengths, proposal, items }: RecalibrationResult): Block[] {
  const rows = strengths.map(({ strength, bitsPerByte, difference, maxViolation, changedShare }): Cell[] => [
    proposal?.strength === strength ? 'proposed' : '',
    strength === 0 ? 'none: as it is' : String(strength),
    percent(maxViolation),
    decimals(bitsPerByte),
    difference === null ? '-' : changeRange(difference),
    percent(changedShare),
  ]);
  return [
    heading('Balance beside quality'),
    paragraph(`The bias was fitted to other texts and judged on ${counted(items, 'text')}. The busiest expert of a layer is given as load above the mean of its layer, mean over the layers. Bits per byte say how badly a release predicts a text: more are worse. Brackets hold 95 % intervals.`),
    ...tableWithRest(['', 'strength of the bias', 'busiest expert above the mean', 'bits/byte', 'change, bits/byte', 'decisions that choose other experts'], rows, SHOWN_STRENGTHS, 'Other strengths'),
  ];
}

function nextBlocks({ proposal, verdict, suite }: RecalibrationResult): Block[] {
  if (proposal === null) return [paragraph(verdict.reasons.some(({ reason }) => reason === 'costs-quality') ? 'Nothing is proposed. Allow a larger loss (setting maxLossBitsPerByte), or tune the routers instead of shifting them.' : 'Nothing is proposed: leave the routers as they are.')];
  return [paragraph(`Draft a change request that sets the bias of strength ${proposal.strength} for the release that serves; the run is answered at once, since it is known:`), { kind: 'commands', lines: [`signalbox plan recalibrate --suite ${suite} --propose`] }];
}

function detailBlocks({ strengths, proposal }: RecalibrationResult): Block[] {
  const layers = strengths[0]?.maxViolationByLayer.length ?? 0;
  const best = strengths.find(({ strength }) => strength === proposal?.strength);
  const rows = Array.from({ length: layers }, (_, layer): Cell[] => [String(layer), percent(strengths[0]!.maxViolationByLayer[layer]!), ...(best === undefined ? [] : [percent(best.maxViolationByLayer[layer]!)])]);
  return [
    ...(rows.length === 0 ? [] : [foldedTable('Busiest expert above the mean, by layer', ['layer', 'as it is', ...(best === undefined ? [] : ['proposed'])], rows)]),
    ...(proposal === null ? [] : [foldedTable('Proposed routing.selectionBias, logits', ['layer', 'experts, from 0'], proposal.selectionBias.map((row, layer) => [String(layer), row.join(', ')]))]),
  ];
}
