import { printable, table } from '../../render/plain-text.ts';
import { type MatrixStyle } from '../../render/matrix.ts';
import { type PhaseResult, signalOf, type Span, type ToldPlace } from './phase.ts';

/** What was changed, when it was found and resolved, and what was said of it. */
export function shiftTable(results: readonly PhaseResult[], { colors }: Pick<MatrixStyle, 'colors'>): string {
  const rows = results.map(({ title, found, toFind, toResolve, told }) => [title, signalOf(found), layersOf(told.filter(({ signal }) => signal === signalOf(found))), count(toFind), seconds(toFind), count(toResolve), seconds(toResolve), told.filter(({ signal }) => signal !== signalOf(found)).map(placeText).join(', ') || 'none']);
  return [
    '',
    colors.bold('What was changed, and what was told of it'),
    table(['change', 'found as', 'in layers', 'requests', 'seconds', 'to resolve: requests', 'seconds', 'also told'], rows, 9),
    'requests, seconds: from the change to the delivery of its alert. To resolve: from the undoing to the delivery of the last resolution.',
    'A router moves nothing in the layers before its own; another mix of requests moves the first layer too.',
    ...results.flatMap(({ title, found: { finding } }) => (finding === null ? [] : ['', colors.bold(title), `  ${printable(finding.summary)}`])),
  ].join('\n');
}

const layersOf = (told: readonly ToldPlace[]): string => told.map(({ layer }) => layer ?? '').join(', ');
const placeText = ({ signal, layer }: ToldPlace): string => (layer === null ? signal : `${signal} in layer ${layer}`);
const count = ({ requests }: Span): string => String(requests);
const seconds = (span: Span): string => span.seconds.toFixed(1);
