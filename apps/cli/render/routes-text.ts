import { type CallOutput } from '../api/api-client.ts';
import { drawMatrix, LEGEND, type MatrixRow, type MatrixStyle } from './matrix.ts';
import { csvField, printable } from './plain-text.ts';

type Usage = CallOutput<'getUsage'>;
type Balance = CallOutput<'getBalance'>;
type BalanceLayer = NonNullable<Balance['layers']>[number];
type Information = CallOutput<'getInformation'>;

export interface RoutesAnswer {
  readonly usage: Usage;
  /** Only without groups. */
  readonly balance: Balance | null;
  /** Only by segment. */
  readonly information: Information | null;
}

/** The answer as people read it. */
export function routesText({ usage, balance, information }: RoutesAnswer, style: MatrixStyle): string {
  const head = heading(usage);
  return usage.groupBy === 'none' ? [...head, ...total(usage, balance, style)].join('\n') : [...head, ...grouped(usage, information, style)].join('\n');
}

function heading({ model, releases, window }: Usage): string[] {
  const shown = releases.length === 1 ? `release ${releases[0]?.slice(0, 12)}` : `${releases.length} releases`;
  const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
  return [`${printable(model)}, ${shown}, ${minute(window.from)} to ${minute(window.to)} UTC`];
}

function total(usage: Usage, balance: Balance | null, style: MatrixStyle): string[] {
  const [group] = usage.groups;
  if (!group?.layers) return [tooFew(group?.withheld?.minRequests)];
  const balanceOf = new Map(balance?.layers?.map((layer) => [layer.layer, layer]));
  const rows = group.layers.map(({ layer, share }): MatrixRow => ({ label: String(layer), shares: share, figures: layerFigures(balanceOf.get(layer)) }));
  const dead = (balance?.layers ?? []).filter(({ deadExperts }) => deadExperts.length > 0);
  return [
    `${group.requests} requests, ${group.layers[0]?.tokens ?? 0} tokens through each layer, top ${usage.topK} of ${usage.experts} experts`,
    '',
    drawMatrix({ corner: 'layer', experts: usage.experts, figureTitles: ['bits', 'eff', 'MaxVio'], rows }, style),
    '',
    LEGEND,
    `bits: entropy, 95% interval, at most ${Math.log2(usage.experts).toFixed(2)}; eff: 2^bits, experts in effect;`,
    'MaxVio: how far the busiest is above the mean, 0 is even.',
    ...dead.map(({ layer, deadExperts }) => `Layer ${layer}: no token for ${deadExperts.slice(0, 20).map((expert) => `e${expert}`).join(', ')}${deadExperts.length > 20 ? ' ...' : ''}`),
  ];
}

function layerFigures(layer: BalanceLayer | undefined): string[] {
  if (!layer) return ['', '', ''];
  const { entropyInterval: interval } = layer;
  const half = interval ? `±${((interval.high - interval.low) / 2).toFixed(2)}` : '';
  return [`${layer.entropyBits.toFixed(2)}${half}`, layer.effectiveExperts.toFixed(1), layer.maxViolation?.toFixed(2) ?? ''];
}

function grouped(usage: Usage, information: Information | null, style: MatrixStyle): string[] {
  const numbers = [...new Set(usage.groups.flatMap(({ layers }) => layers?.map(({ layer }) => layer) ?? []))].toSorted((a, b) => a - b);
  if (numbers.length === 0) return [tooFew(usage.groups[0]?.withheld?.minRequests)];
  const lines = numbers.flatMap((number) => {
    const rows = usage.groups.map(({ group, requests, layers }): MatrixRow => {
      const layer = layers?.find((one) => one.layer === number);
      return { label: group === '' ? '(none)' : usage.groupBy === 'release' ? group.slice(0, 12) : group, shares: layer?.share ?? null, figures: [requests === undefined ? '' : String(requests), layer ? String(layer.tokens) : ''] };
    });
    const told = information?.layers.find(({ layer }) => layer === number);
    const title = `Layer ${number}${told ? `: the ${information?.by} tells ${bits(told.equalWeights)} of the expert` : ''}`;
    return ['', title, drawMatrix({ corner: usage.groupBy, experts: usage.experts, figureTitles: ['requests', 'tokens'], rows }, style)];
  });
  const omitted = usage.omittedGroups > 0 ? [`${usage.omittedGroups} more with fewer requests are not shown; filter to see them.`] : [];
  return [...lines, '', LEGEND, ...omitted, ...(information ? ['Bits: mutual information with its 95% interval, segments weighted alike;', '0: all segments use the experts alike.'] : [])];
}

function bits({ bits: value, interval }: Information['layers'][number]['equalWeights']): string {
  return `${value.toFixed(3)} bits${interval ? ` (${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})` : ''}`;
}

function tooFew(minRequests: number | undefined): string {
  return `Nothing to show: fewer than ${minRequests ?? 1} requests in this cut, so the figures\nare withheld. Send some requests, widen --from and --to, or try npm run demo.`;
}

/** One line for each group, layer and expert; groups that are withheld have no figures. */
export function routesCsv({ usage }: RoutesAnswer): string {
  const lines = usage.groups.flatMap(({ group, layers }) =>
    layers
      ? layers.flatMap(({ layer, load, share, gateMass }) => load.map((count, expert) => [group, layer, expert, count, share[expert] ?? 0, gateMass[expert] ?? 0].map(csvField).join(',')))
      : [`${csvField(group)},,,,,`],
  );
  return ['group,layer,expert,load,share,gate_mass', ...lines].join('\n');
}
