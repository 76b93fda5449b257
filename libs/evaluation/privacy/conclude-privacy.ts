import { type RunInputs } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { type attackRoutes, type RoutesClassFigures, sampledLevel } from './attack-levels.ts';
import { type PrivacySettings } from './privacy-settings.ts';
import { privacyVerdict, recommendLevel } from './recommend-level.ts';
import { type LayerInformation, type PrivacyChance, type PrivacyLevel, type PrivacyResult } from './result.ts';

type Recovery = Awaited<ReturnType<typeof attackRoutes>>;
interface Counts {
  readonly train: number;
  readonly heldOut: number;
}

/** What one step found. */
export type PrivacyPart =
  | { readonly part: 'read'; readonly documents: number; readonly tokens: number }
  | { readonly part: 'chance'; readonly chance: PrivacyChance; readonly documents: Counts; readonly tokens: Counts }
  | { readonly part: 'routes'; readonly share: number; readonly recovery: Recovery }
  | { readonly part: 'routes-ids'; readonly recovery: Recovery }
  | { readonly part: 'full'; readonly level: Omit<PrivacyLevel, 'level'> }
  | { readonly part: 'classes'; readonly figures: RoutesClassFigures }
  | { readonly part: 'usage'; readonly size: number; readonly level: Omit<PrivacyLevel, 'level'> }
  | { readonly part: 'information'; readonly layers: readonly LayerInformation[] };

const LIMITS = [
  'One attacker shows what can be recovered; what it does not recover, a stronger one may. The learning curve says whether more text would have helped it.',
  'The attacker was trained on text of the same kinds as the held-out text, routed by the same release: the worst case of somebody who can use the model.',
  'A trace that is kept by sampling is as open as any other; only fewer requests have one.',
  'Sums are attacked one at a time. Somebody who can subtract two sums whose difference is one request sees the sum of that request.',
];

/** Puts the parts together, in whatever order their kinds come. */
export function concludePrivacy({ spec }: Pick<RunInputs, 'spec'>, settings: PrivacySettings, measured: readonly Json[]): PrivacyResult {
  const parts = measured as unknown as readonly PrivacyPart[];
  const all = <N extends PrivacyPart['part']>(name: N) => parts.filter((part): part is Extract<PrivacyPart, { part: N }> => part.part === name);
  const one = <N extends PrivacyPart['part']>(name: N) => {
    const [found] = all(name);
    if (!found) throw new Error(`the run has no part ${name}`);
    return found;
  };
  const { chance, documents, tokens } = one('chance');
  const { oneSided, ...classes } = one('classes').figures;
  const curve = all('routes').toSorted((a, b) => a.share - b.share).map(({ recovery }) => recovery);
  const routes: PrivacyLevel = { level: 'routes', ...figuresOf(curve.at(-1)!), ...classes };
  const levels: PrivacyLevel[] = [
    { level: 'full', ...one('full').level },
    routes,
    { level: 'routes-ids', ...figuresOf(one('routes-ids').recovery), classAuc: classes.classAuc, classes: classes.classes },
    sampledLevel(routes, chance, settings.sampledShare, oneSided),
    ...all('usage').toSorted((a, b) => a.size - b.size).map(({ size, level }): PrivacyLevel => ({ level: `aggregate-${size}`, ...level })),
  ];
  const recommendation = recommendLevel(levels, settings);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return {
    format: 'signalbox.result/1',
    kind: 'privacy',
    candidate: spec.candidate,
    reference: spec.reference,
    suite: spec.suite,
    verdict: privacyVerdict(levels, settings.level, settings),
    summary: `Routes gave back ${percent(routes.tokenRecovery.value)} of held-out tokens (${percent(chance.majority.value)} by chance)${routes.classAuc ? ` and the ${settings.classLabel} with an AUC of ${routes.classAuc.value.toFixed(3)}` : ''}; recommended level: ${recommendation.level}.`,
    levels,
    chance,
    learningCurve: curve.map(({ trainTokens, tokenRecovery, top5 }) => ({ trainTokens, tokenRecovery, top5 })),
    layers: one('information').layers,
    recommendation,
    limits: LIMITS,
    documents,
    tokens,
  };
}

function figuresOf({ tokenRecovery, top5, informationBits }: Recovery): Pick<PrivacyLevel, 'tokenRecovery' | 'top5' | 'informationBits'> {
  return { tokenRecovery, top5, informationBits };
}
