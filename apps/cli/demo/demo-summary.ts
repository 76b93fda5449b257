import { type CallOutput } from '../api/api-client.ts';
import { drawMatrix, LEGEND, type MatrixStyle } from '../render/matrix.ts';
import { printable } from '../render/plain-text.ts';

export interface DemoAnswers {
  readonly usage: CallOutput<'getUsage'>;
  readonly information: CallOutput<'getInformation'>;
  /** A request of the demo, to look at. */
  readonly requestId: string;
}

interface DomainUse {
  readonly domain: string;
  readonly requests: number;
  readonly share: readonly number[];
}

/** What the replay showed: where domains differ most, how, and how to look further. */
export function demoSummary({ usage, information, requestId }: DemoAnswers, style: MatrixStyle): string {
  const strongest = information.layers.toSorted((a, b) => b.equalWeights.bits - a.equalWeights.bits)[0];
  if (!strongest) return `Nothing to show: fewer than ${information.minRequests} requests for each domain, so the figures are withheld.`;
  const domains = usage.groups.flatMap(({ group, requests, layers }): DomainUse[] => {
    const layer = layers?.find((one) => one.layer === strongest.layer);
    return layer && requests !== undefined ? [{ domain: group, requests, share: layer.share }] : [];
  });
  const matrix = drawMatrix(
    {
      corner: 'domain',
      experts: usage.experts,
      figureTitles: ['requests', 'bits off'],
      rows: domains.map(({ domain, requests, share }) => ({
        label: domain,
        shares: share,
        figures: [String(requests), strongest.segments.find(({ segment }) => segment === domain)?.distanceBits.toFixed(2) ?? ''],
      })),
    },
    style,
  );
  return [
    '',
    style.colors.bold('How much the domain tells of the expert (mutual information, bits; 95% interval)'),
    ...information.layers.map((layer) => informationLine(layer, strongest.equalWeights.bits)),
    '',
    style.colors.bold(`Layer ${strongest.layer}, where domains differ most: who goes where`),
    matrix,
    LEGEND,
    'bits off: Jensen-Shannon divergence from the mean of all domains, 0 to 1.',
    '',
    style.colors.bold(`The two most typical experts of each domain in layer ${strongest.layer}: share of its selections`),
    ...typicalLines(domains),
    '',
    style.colors.bold('Look further'),
    '  npm run signalbox -- routes --by task --tenant demo   every layer by domain',
    '  npm run signalbox -- routes                           entropy and balance',
    '  npm run signalbox -- experts                          latency and size of experts',
    `  npm run signalbox -- trace ${requestId}`,
  ].join('\n');
}

function informationLine({ layer, equalWeights: { bits, interval } }: DemoAnswers['information']['layers'][number], most: number): string {
  const bar = '█'.repeat(most > 0 ? Math.round((bits / most) * 30) : 0);
  const range = interval ? `(${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})` : '';
  return `  layer ${String(layer).padStart(2)}  ${bits.toFixed(3)} ${range.padEnd(16)} ${bar}`.trimEnd();
}

function typicalLines(domains: readonly DomainUse[]): string[] {
  const width = Math.max(0, ...domains.map(({ domain }) => domain.length));
  return domains.map(({ domain, share }) => {
    const lines = mostTypical(share, domains.map((one) => one.share), 2).map(
      ({ expert, share: own, lift }) => `e${expert} ${Math.round(own * 100)}% (${lift.toFixed(1)} x the mean)`,
    );
    return `  ${printable(domain).padEnd(width)}  ${lines.join(', ')}`;
  });
}

/** The experts that a domain uses most beyond the mean of all domains. */
export function mostTypical(share: readonly number[], all: readonly (readonly number[])[], howMany: number): { expert: number; share: number; lift: number }[] {
  return share
    .map((own, expert) => {
      const mean = all.reduce((sum, other) => sum + (other[expert] ?? 0), 0) / all.length;
      return { expert, share: own, lift: mean > 0 ? own / mean : 0 };
    })
    .toSorted((a, b) => b.lift - a.lift)
    .slice(0, howMany);
}
