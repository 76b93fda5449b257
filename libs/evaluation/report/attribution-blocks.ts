import { type AttributionResult } from '../attribute/attribution-result.ts';
import { type Block, type Cell, type ReportInput, short } from './report.ts';
import { changeRange, counted, decimals, foldedTable, heading, paragraph, partName, percent, range, tableWithRest, underHeading } from './words.ts';

/** A reviewer looks at the parts that matter; the others are folded. */
const SHOWN_PARTS = 6;
const CAUSE_WORDS: Readonly<Record<AttributionResult['cause'], string>> = {
  router: 'the routers', expert: 'the experts', both: 'more than one side, each alone', interaction: 'routers and experts that do not fit each other', backbone: 'the backbone', neither: 'neither: no change that counts',
};

/** Which part did it: the verdict, the shares of the parts, the mixed releases behind them, and what to do. */
export function attributionBlocks({ result, suiteName }: Pick<ReportInput, 'result' | 'suiteName'>): Block[] | null {
  const found = result as AttributionResult;
  if (!Array.isArray(found.components) || !Array.isArray(found.causes) || typeof found.confidence !== 'number' || found.cost === undefined) return null;
  return [
    paragraph(found.summary),
    ...(found.effects === null ? [] : [paragraph(`The new release costs ${changeRange(found.change)} bits/byte against the old one: ${range(found.old)} before, ${range(found.new)} after, on the same ${counted(found.cost.items, 'text')} of suite ${suiteName}. Bits per byte say how badly a release predicts a text: more are worse. Brackets hold 95 % intervals.`)]),
    ...partBlocks(found),
    ...mixBlocks(found),
    heading('What to do next'),
    ...nextBlocks(found),
    heading('What was not measured'),
    { kind: 'list', items: unmeasured(found) },
    ...underHeading('Details', checkBlocks(found)),
  ];
}

function partBlocks({ components, named, causes, change }: AttributionResult): Block[] {
  if (components.length === 0) return [];
  const isNamed = new Set(named);
  const rows = components
    .toSorted((a, b) => Number(isNamed.has(b.component)) - Number(isNamed.has(a.component)) || Math.abs(b.share.value) - Math.abs(a.share.value))
    .map(({ component, share, part, confidence }): Cell[] => [isNamed.has(component) ? 'yes' : '', partName(component), changeRange(share), part === null ? '-' : percent(part), percent(confidence)]);
  const others = causes.length < 2 ? '' : ` Of the resamples of the texts, ${causes.toSorted((a, b) => b.confidence - a.confidence).map(({ cause, confidence }) => `${percent(confidence)} say ${CAUSE_WORDS[cause] ?? cause}`).join(', ')}.`;
  return [
    heading('Which part has which share'),
    paragraph(`${counted(components.length, 'changed part')}; the shares add up to the change of ${changeRange(change)} bits/byte. Confidence is the share of resamples in which the part makes a tenth of the change or more.${others}`),
    ...tableWithRest(['named', 'part', 'share, bits/byte', 'of the change', 'confidence'], rows, Math.max(SHOWN_PARTS, named.length), 'Other parts'),
  ];
}

function mixBlocks({ effects }: AttributionResult): Block[] {
  if (effects === null) return [];
  const { router, experts, interaction, backbone } = effects;
  const isBackbone = backbone.value !== 0 || backbone.low !== 0 || backbone.high !== 0;
  const rows: Cell[][] = [
    ['new routers, old experts', changeRange(router)],
    ['old routers, new experts', changeRange(experts)],
    ['only where both are new', changeRange(interaction)],
    ...(isBackbone ? [['new backbone alone', changeRange(backbone)]] : []),
  ];
  return [heading('Old and new parts mixed'), { kind: 'table', columns: ['mixed release', 'change, bits/byte'], rows }];
}

function nextBlocks({ cause, named, verdict, exchange, suite, change, ...releases }: AttributionResult): Block[] {
  const [candidate, reference] = [short(releases.candidate), short(releases.reference ?? '')];
  if (verdict.outcome === 'inconclusive') return [paragraph('The texts do not decide it. Ask with more of them:'), { kind: 'commands', lines: [`signalbox eval attribute ${reference} ${candidate} --suite ${suite} --setting items=256 --wait`] }];
  if (cause === 'neither') return [paragraph('Nothing here: neither router nor expert changed these texts by more than counts. If answers got worse all the same, ask a suite that asks for answers.')];
  if (change.value <= 0) return [paragraph('It got better. Look at the figures by domain before it takes traffic: a mean may hide a domain that lost.')];
  const compare = (how: string): string => `signalbox releases create --base ${candidate} ${how}`;
  const measure = `signalbox eval run ${suite} --candidate NEW-RELEASE --reference ${reference} --wait`;
  const back = (text: string, how: string): Block[] => [paragraph(`${text} Then measure that release:`), { kind: 'commands', lines: [compare(how), measure] }];
  const parts = named.filter((name) => /^[a-z]+(?:\/\d{1,5}){0,2}$/.test(name));
  const replaced = parts.filter((name) => name.startsWith('expert/') || name === 'backbone').map((name) => `--replace ${name}=OLD-SHA256`).join(' ');
  if (exchange !== null && verdict.reasons.some(({ reason }) => reason.endsWith('experts-misplaced'))) {
    const moved = exchange.places.flatMap((place, at) => (exchange.best[at] === undefined || exchange.best[at] === place ? [] : [`expert ${exchange.best[at]} at place ${place}`]));
    return [paragraph(`The experts of layer ${exchange.layer} stand at wrong places. Best were: ${moved.join(', ')}. Compose a release with their versions at these places (signalbox releases diff names the versions), and measure it:`), { kind: 'commands', lines: [`signalbox releases diff ${candidate} --against ${reference}`, measure] }];
  }
  switch (cause) {
    case 'router':
      return back('Keep the new experts and put the old routers and routing settings back, or tune the routers again.', `--routers-from ${reference}`);
    case 'expert':
      return replaced === ''
        ? back('Keep the new routers and put the old experts back.', `--experts-from ${reference}`)
        : [paragraph('Put the old version of each named expert back (the first command names the versions). Then measure that release:'), { kind: 'commands', lines: [`signalbox releases diff ${candidate} --against ${reference}`, compare(replaced), measure] }];
    case 'interaction':
      return [paragraph('Neither side is at fault alone, so no part can go back alone: keep the old release, or tune the new routers on the new experts and measure again.')];
    case 'both':
      return [paragraph('Each side made it worse by itself: putting one back mends only its share. Keep the old release and mend the named parts one at a time, each with a run of its own.')];
    default:
      return replaced === '' ? [paragraph('Keep the old release until the named part is mended.')] : back('Put the old backbone back; the first command of signalbox releases diff names its version.', replaced);
  }
}

/** Cross-checks that explain the verdict and do not enter it. */
function checkBlocks({ knockOut, replay, exchange, counterfactual }: AttributionResult): Block[] {
  const blocks: Block[] = [];
  if (knockOut.length > 0) blocks.push(foldedTable('Left out: what a release costs without a part, bits/byte', ['part', 'old release without it', 'new release without it'], knockOut.map((one) => [partName(one.component), changeRange(one.old), changeRange(one.new)])));
  const facts: string[] = [];
  if (typeof replay === 'string') facts.push(`Old routes in the new release: ${replay}`);
  else if (replay !== null) facts.push(`With the routes of the old release forced, the new one costs ${changeRange(replay.change)} bits/byte against the old one: that much is not of the choice of experts.`);
  if (exchange !== null) facts.push(`${counted(exchange.places.length, 'expert')} of layer ${exchange.layer} tried at each other's places: ${exchange.change === null ? 'each is best where it stands' : `the best order costs ${changeRange(exchange.change)} bits/byte against the old release`}.`);
  facts.push(...otherRoutes(counterfactual));
  return facts.length === 0 ? blocks : [...blocks, { kind: 'folded', title: `Cross-checks (${facts.length})`, blocks: [{ kind: 'list', items: facts }] }];
}

function otherRoutes(found: AttributionResult['counterfactual']): string[] {
  if (typeof found === 'string') return [`Other routes: ${found}`];
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return [];
  const { layer, tokens, routesTried, wonBackShare, fixedTokens } = found as Readonly<Record<string, unknown>>;
  if (typeof tokens !== 'number' || typeof routesTried !== 'number' || typeof wonBackShare !== 'number') return [];
  return [`Other routes for the ${counted(tokens, 'token')} that lost most (layer ${String(layer)}, ${counted(routesTried, 'route')} each): the best wins back ${percent(wonBackShare)} of their loss and mends ${String(fixedTokens)} of them.`];
}

function unmeasured({ cost, replay, counterfactual, exchange, components }: AttributionResult): string[] {
  const isApart = components.every(({ component }) => !component.startsWith('layer/'));
  const error = Math.max(0, ...components.map(({ samplingError }) => samplingError ?? 0));
  return [
    'Answers, refusals and speed: this run knows the likelihood of given texts alone.',
    `Other texts: the intervals are about texts like these ${cost.items}.`,
    ...(isApart ? [] : ['Parts of layers with less than a tenth of the change: such a layer is one line of the table.']),
    ...(error > 0 ? [`All orders of the parts: with those that were drawn a share is off by ${decimals(error)} bits/byte at most (standard error).`] : []),
    ...(replay === null && cost.coalitions > 0 ? ['The new release with the old routes.'] : []),
    ...(counterfactual === null && cost.coalitions > 0 ? ['Other routes for single tokens.'] : []),
    ...(exchange === null && cost.coalitions > 0 ? ["Experts at each other's places."] : []),
  ];
}
