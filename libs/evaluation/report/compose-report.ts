import { type MetricResult, type RunResult, type SuiteResult } from '../run/result.ts';
import { type Json, type RunKind } from '../run/run.ts';
import { attributionBlocks } from './attribution-blocks.ts';
import { settingOptions } from './changed-settings.ts';
import { concentrationBlocks } from './concentration-blocks.ts';
import { estimate, sliceText } from './figures.ts';
import { foundBlocks } from './found-blocks.ts';
import { privacyBlocks } from './privacy-blocks.ts';
import { recalibrationBlocks } from './recalibration-blocks.ts';
import { type Block, OUTCOME_WORDS, type Report, type ReportInput, short } from './report.ts';
import { bounded, suiteBlocks } from './suite-blocks.ts';

const WHAT: Readonly<Record<RunKind, string>> = {
  suite: 'Evaluation',
  attribution: 'Attribution',
  concentration: 'Safety concentration',
  privacy: 'Privacy of routing',
  recalibration: 'Recalibration of the router',
};
const MAX_REASONS = 10;

/** A report of a run: the verdict first, then what a reviewer asks next, at last how to get the same again. */
export function composeReport(input: ReportInput): Report {
  const { result } = input;
  const { kind, candidate, reference, verdict } = result;
  const against = reference === null ? '' : ` against ${short(reference)}`;
  return {
    title: `${OUTCOME_WORDS[verdict.outcome]}: ${WHAT[kind]} of ${short(candidate)}${against}`,
    outcome: verdict.outcome,
    blocks: [...(COMPOSERS[kind](input) ?? plainBlocks(input)), ...measuredBlocks(input.measured), ...reproductionBlocks(input)],
  };
}

/** What a run of each kind found, from the verdict on; null: the result is not of the shape that this version knows. */
const COMPOSERS: Readonly<Record<RunKind, (input: ReportInput) => Block[] | null>> = {
  suite: (input) => (isSuite(input.result) ? [...leadBlocks(input), ...causeBlocks(input), ...suiteBlocks(input.result)] : null),
  attribution: attributionBlocks,
  concentration: concentrationBlocks,
  privacy: privacyBlocks,
  recalibration: recalibrationBlocks,
};

/** A result that another version wrote, field by field. */
function plainBlocks(input: ReportInput): Block[] {
  return [...leadBlocks(input), ...causeBlocks(input), ...foundBlocks(input.result as unknown as { readonly [name: string]: Json })];
}

function leadBlocks({ result: { verdict, summary } }: ReportInput): Block[] {
  const items = verdict.outcome === 'pass' ? [] : verdict.reasons.map(({ reason, detail }) => ({ quoted: `${reason}: ${detail}` }));
  return [{ kind: 'text', text: summary }, ...(items.length === 0 ? [] : [{ kind: 'list', items: items.slice(0, MAX_REASONS), more: Math.max(0, items.length - MAX_REASONS) } as const])];
}

export function isSuite(result: RunResult): result is SuiteResult {
  return result.kind === 'suite' && 'tasks' in result && Array.isArray(result.tasks);
}

/** Which part did it, where something got worse and it is known; otherwise how to find out. */
function causeBlocks({ result: { kind, verdict, candidate, reference, suite }, attribution }: ReportInput): Block[] {
  if (kind !== 'suite' || reference === null || (verdict.outcome !== 'fail' && attribution === null)) return [];
  const heading: Block = { kind: 'heading', text: 'Which part did it' };
  if (attribution !== null) {
    const { evaluationId, state, summary, resultSha256 } = attribution;
    if (summary === null) return [heading, { kind: 'text', text: `Attribution run ${evaluationId} is ${state} and has no result.` }];
    return [heading, { kind: 'text', text: summary }, { kind: 'text', text: `Attribution run ${evaluationId}${resultSha256 === null ? '' : `, result ${resultSha256}`}.` }];
  }
  return [heading, { kind: 'text', text: 'Not known yet. Router, expert or both is told by:' }, { kind: 'commands', lines: [`signalbox eval attribute ${reference} ${candidate} --suite ${suite}`] }];
}

function measuredBlocks(measured: Json): Block[] {
  const tasks = (measured as { readonly tasks?: readonly { readonly id: string; readonly metrics: readonly MetricResult[] }[] } | null)?.tasks;
  if (!Array.isArray(tasks)) return [];
  const rows = (tasks as readonly { readonly id: string; readonly metrics: readonly MetricResult[] }[]).flatMap(({ id, metrics }) =>
    metrics.map(({ name, unit, slice, candidate, reference }) => [id, `${name} (${unit})`, sliceText(slice), reference === null ? '-' : estimate(reference), estimate(candidate)]),
  );
  if (rows.length === 0) return [];
  return [
    { kind: 'heading', text: 'By the clock' },
    { kind: 'text', text: 'On the machine of the evaluator; equal runs differ here, so this is not part of the digest.' },
    bounded(['task', 'metric', 'slice', 'reference', 'candidate'], rows, 20),
  ];
}

function commandOf(kind: RunKind, suite: string, candidate: string, reference: string | null): string {
  if (kind === 'suite') return ['signalbox eval run', suite, `--candidate ${candidate}`, ...(reference === null ? [] : [`--reference ${reference}`])].join(' ');
  return kind === 'attribution' ? `signalbox eval attribute ${reference} ${candidate} --suite ${suite}` : `signalbox eval ${kind} ${candidate} --suite ${suite}`;
}

function reproductionBlocks({ evaluationId, suiteName, spec, resultSha256, settings, result: { kind, candidate, reference, suite } }: ReportInput): Block[] {
  const options = settingOptions(kind, settings);
  const command = [commandOf(kind, suite, candidate, reference), ...(options ?? []), '--wait'].join(' ');
  return [
    { kind: 'heading', text: 'How to reproduce' },
    { kind: 'text', text: `Runs of the same digests and settings give the same result, to the bit.${options === null ? ' The settings of this run are with its digests.' : ''}` },
    { kind: 'commands', lines: [command] },
    {
      kind: 'folded',
      title: 'Digests and settings',
      blocks: [
        {
          kind: 'table',
          columns: ['what', 'value'],
          rows: [
            ['run', evaluationId],
            ['spec', spec],
            ['result', resultSha256],
            ['candidate', candidate],
            ['reference', reference ?? '-'],
            ['suite', { quoted: `${suite} (${suiteName})` }],
            ['settings', { quoted: JSON.stringify(settings) }],
          ],
        },
      ],
    },
  ];
}
