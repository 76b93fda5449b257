import { type Outcome, type TaskResult } from '../run/result.ts';
import { sliceText } from './figures.ts';
import { type ReportInput } from './report.ts';
import { composeReport, isSuite } from './compose-report.ts';
import { reportText } from './report-text.ts';
import { nameOf } from './suite-blocks.ts';
import { xmlDocument, type XmlElement } from './xml.ts';

interface Case {
  readonly name: string;
  readonly outcome: Outcome;
  readonly detail: string;
}

interface CaseGroup {
  readonly name: string;
  readonly cases: readonly Case[];
  /** For people, below the cases. */
  readonly out: readonly string[];
}

/**
 * A result as JUnit XML: a test suite for each task, a test case for each gate. A gate that is not kept is a
 * failure; one that the figures do not decide is an error, so that nobody takes it for kept.
 */
export function reportJunit(input: ReportInput): string {
  const { result, suiteName, evaluationId, resultSha256 } = input;
  const groups = isSuite(result) ? result.tasks.map(taskGroup) : [verdictGroup(input)];
  const all = groups.flatMap(({ cases }) => cases);
  return xmlDocument({
    name: 'testsuites',
    attributes: { name: suiteName, ...counts(all) },
    children: groups.map(({ name, cases, out }): XmlElement => ({
      name: 'testsuite',
      attributes: { name, ...counts(cases) },
      children: [
        { name: 'properties', children: Object.entries({ evaluation: evaluationId, result: resultSha256, candidate: result.candidate, reference: result.reference ?? '', suite: result.suite }).map(([key, value]) => ({ name: 'property', attributes: { name: key, value } })) },
        ...cases.map((one): XmlElement => ({ name: 'testcase', attributes: { classname: `${suiteName}.${name}`, name: one.name }, children: fault(one) })),
        ...(out.length === 0 ? [] : [{ name: 'system-out', children: [out.join('\n')] }]),
      ],
    })),
  });
}

function fault({ outcome, detail }: Case): XmlElement[] {
  if (outcome === 'pass') return [];
  return [{ name: outcome === 'fail' ? 'failure' : 'error', attributes: { type: outcome === 'fail' ? 'gate-failed' : 'inconclusive', message: detail }, children: [detail] }];
}

function counts(cases: readonly Case[]): { tests: number; failures: number; errors: number } {
  const of = (outcome: Outcome): number => cases.filter((one) => one.outcome === outcome).length;
  return { tests: cases.length, failures: of('fail'), errors: of('inconclusive') };
}

function taskGroup({ id, gates, failures }: TaskResult): CaseGroup {
  const cases = gates.map((gate): Case => ({ name: `${nameOf(gate)}${gate.slice === null ? '' : ` (${sliceText(gate.slice)})`}`, outcome: gate.outcome, detail: gate.detail }));
  return {
    name: id,
    cases: cases.length > 0 ? cases : [{ name: 'measured, without a gate', outcome: 'pass', detail: '' }],
    out: failures.map(({ item, detail, tokens }) => [`item ${item}: ${detail}`, ...(tokens ?? []).map(({ context, layer, expected }) => `  token in "${context}", layer ${layer}: ${expected}`)].join('\n')),
  };
}

/** Of a kind without tasks: the verdict is the one case, and the report what people read below it. */
function verdictGroup(input: ReportInput): CaseGroup {
  const { kind, verdict, summary } = input.result;
  const reasons = verdict.reasons.map(({ reason, detail }) => `${reason}: ${detail}`);
  return { name: kind, cases: [{ name: 'verdict', outcome: verdict.outcome, detail: reasons.length > 0 ? reasons.join('\n') : summary }], out: [reportText(composeReport(input))] };
}
