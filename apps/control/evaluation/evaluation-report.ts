import { composeReport } from '#libs/evaluation/report/compose-report';
import { type ReportInput } from '#libs/evaluation/report/report';
import { reportJunit } from '#libs/evaluation/report/report-junit';
import { reportMarkdown } from '#libs/evaluation/report/report-markdown';
import { reportText } from '#libs/evaluation/report/report-text';
import { type Concluded } from './evaluation-view.ts';

type ReportFormat = 'markdown' | 'junit' | 'text';

export const REPORT_MEDIA_TYPES: Readonly<Record<ReportFormat, string>> = {
  markdown: 'text/markdown; charset=utf-8',
  junit: 'application/xml; charset=utf-8',
  text: 'text/plain; charset=utf-8',
};

/** The report of a run in a form. */
export function reportOf(concluded: Concluded, format: ReportFormat): string {
  const input = inputOf(concluded);
  if (format === 'junit') return reportJunit(input);
  return format === 'markdown' ? reportMarkdown(composeReport(input)) : reportText(composeReport(input));
}

function inputOf({ run, suiteName, result, resultSha256, measured, attribution }: Concluded): ReportInput {
  return { evaluationId: run.id, suiteName, spec: run.specDigest, resultSha256, settings: run.spec.settings, result, measured, attribution };
}
