/** What runs of each kind may have found, with texts that somebody may have written. */
const estimate = (value: number, width: number, n = 31) => ({ value, low: value - width, high: value + width, n });
const told = (value: number, width: number, pAdjusted: number) => ({ value, low: value - width, high: value + width, p: pAdjusted / 8, pAdjusted });

const DOMAINS = [['python', -0.21, 0.04, 0.0008], ['german', 0.11, 0.03, 0.0024], ['law', 0.012, 0.02, 0.6], ['medicine', -0.006, 0.018, 0.9], ['sql', -0.08, 0.05, 0.021], ['scripture', 0.004, 0.012, 0.9], ['novel', 0.009, 0.013, 0.5], ['mathematics', -0.02, 0.03, 0.5]] as const;
const EXPERTS = Array.from({ length: 32 }, (_, place) => ({ layer: Math.floor(place / 8), expert: place % 8 }));

const bits = (slice: Readonly<Record<string, string>> | null, base: number, difference: number, width: number, p: number) => ({
  name: 'bitsPerByte', unit: 'bits/byte', slice, better: 'lower', candidate: estimate(base + difference, 0.12), reference: estimate(base, 0.12), difference: told(difference, width, p),
});

const tasks = [
  {
    id: 'held-out', kind: 'likelihood',
    metrics: [bits(null, 1.94, -0.023, 0.015, 0.008), ...DOMAINS.map(([domain, difference, width, p]) => bits({ domain }, 1.9, difference, width, p))],
    gates: [
      { metric: 'bitsPerByte', slice: { domain: 'python' }, side: 'atMost', bound: 0, versus: 'reference', value: -0.21, outcome: 'pass', detail: 'The whole interval, -0.25 to -0.17, keeps the bound.' },
      { metric: 'bitsPerByte', slice: { domain: 'german' }, side: 'atMost', bound: 0.05, versus: 'reference', value: 0.11, outcome: 'fail', detail: 'The whole interval, 0.08 to 0.14, lies beyond the bound.' },
      { metric: 'bitsPerByte', slice: { domain: 'law' }, side: 'atMost', bound: 0.02, versus: 'reference', value: 0.012, outcome: 'inconclusive', detail: 'The interval, -0.008 to 0.032, holds the bound: ask more items.' },
    ],
    failures: [],
  },
  {
    id: 'routes', kind: 'routes',
    metrics: [{ name: 'assertionsKept', unit: 'share', slice: null, better: 'higher', candidate: estimate(0.97, 0.01, 248), reference: estimate(0.99, 0.005, 248), difference: told(-0.02, 0.012, 0.03) }],
    gates: [],
    failures: [
      {
        item: 12, detail: 'Python still reaches the expert: 2 of 40 tokens went elsewhere.',
        tokens: [
          { row: 17, token: ' return', context: 'def mean(values):\n    if not values:\n       [ return] 0.0\n', layer: 2, expert: 6, gate: 0.61, expected: 'one of 3' },
          { row: 31, token: '\u202e', context: 'x = "a[\u202e]b"', layer: 2, expert: 1, gate: 0.4, expected: 'one of 3' },
        ],
      },
      { item: 44, detail: 'Routes hardly move: 0.08 bits from the parent.' },
    ],
  },
];

const measured = { tasks: [{ id: 'cost', kind: 'performance', metrics: [{ name: 'msPerToken', unit: 'ms', slice: null, better: 'lower', candidate: estimate(3.2, 0.4), reference: estimate(3.1, 0.4), difference: null }], gates: [], failures: [] }] };

const suite = {
  verdict: { outcome: 'fail', reasons: [{ reason: 'gate-failed', detail: 'held-out: bits per byte of German is 0.11 above the reference, at most 0.05 is allowed.' }] },
  summary: 'Python got better by 0.21 bits per byte; German got worse beyond its gate.',
  tasks,
};

const concentration = {
  verdict: { outcome: 'pass', reasons: [{ reason: 'concentrated', detail: 'Protect expert/2/5, expert/3/1: 2 of them together remove 50 % of the refusal margin.' }] },
  summary: 'Protect expert/2/5, expert/3/1: 2 of them together remove 50 % of the refusal margin.',
  margins: [{ class: 'harmful', margin: estimate(0.42, 0.06) }, { class: 'harmless', margin: estimate(-0.6, 0.08) }, { class: 'bypass', margin: estimate(0.11, 0.07) }],
  refusalMargin: estimate(0.36, 0.05),
  rates: { experts: 32, shown: EXPERTS.map(({ layer, expert }, at) => ({ layer, expert, harmful: 0.3, harmless: 0.3 - 0.22 * 0.8 ** at, difference: { ...told(0.22 * 0.8 ** at, 0.05, at < 5 ? 0.01 : 0.4) }, isFound: at < 5 })) },
  knockOuts: EXPERTS.map(({ layer, expert }, at) => ({ layer: 3 - layer, expert: (expert + 5) % 8, chosen: 'all-experts', effect: { ...told(0.13 * 0.7 ** at - 0.01, 0.02, at < 3 ? 0.003 : 0.6) }, pAdjusted: at < 3 ? 0.003 : 0.6, share: (0.13 * 0.7 ** at - 0.01) / 0.36, isFound: at < 3 })),
  smallestSet: { target: 0.5, isReached: true, carriers: [{ layer: 2, expert: 5, removed: 0.33 }, { layer: 3, expert: 1, removed: 0.54 }] },
  concentration: { gini: 0.62, effectiveCarriers: 3.8 },
  proposals: [
    { layer: 2, expert: 5, effect: 0.12, share: 0.33, reasons: [{ reason: 'knock-out-lowers-refusals', detail: 'Without it the refusal margin falls by 0.120 bits per byte, 33 % of it (found at a false discovery rate of 0.05).' }, { reason: 'oftener-on-harmful', detail: 'Harmful prompts select it oftener than harmless ones.' }] },
    { layer: 3, expert: 1, effect: 0.08, share: 0.22, reasons: [{ reason: 'in-smallest-set', detail: 'It is number 2 of the smallest set; up to it, 54 % of the margin is gone.' }] },
  ],
};

const level = (name: string, recovery: number, auc: number | null, informationBits: number) => ({
  level: name, tokenRecovery: estimate(recovery, 0.02), top5: estimate(Math.min(1, recovery * 1.5), 0.02), classAuc: auc === null ? null : estimate(auc, 0.02), informationBits: estimate(informationBits, 0.1),
  classes: auc === null ? [] : [{ label: 'medicine', ...estimate(auc + 0.02, 0.02) }, { label: 'law', ...estimate(auc - 0.03, 0.02) }],
});

const privacy = {
  verdict: { outcome: 'fail', reasons: [{ reason: 'recovery-over-bound', detail: 'Full routes give back 41 % of the tokens, more than the 20 % allowed.' }] },
  summary: 'Routes give back 41 % of the tokens; keep sums over 20 requests at most.',
  levels: [level('full', 1, 0.99, 9.1), level('routes', 0.41, 0.97, 4.2), level('routes-ids', 0.34, 0.96, 3.4), level('sampled', 0.041, 0.62, 0.42), level('aggregate-1', 0.03, 0.9, 0.2), level('aggregate-20', 0.028, 0.58, 0.02)],
  chance: { majority: estimate(0.028, 0.003), majorityTop5: estimate(0.12, 0.005), prior: estimate(0.05, 0.004), priorTop5: estimate(0.2, 0.005) },
  learningCurve: [500, 2000, 8000].map((trainTokens, at) => ({ trainTokens, tokenRecovery: estimate(0.22 + 0.09 * at, 0.02), top5: estimate(0.4 + 0.1 * at, 0.02) })),
  layers: [0, 1, 2, 3].map((layer) => ({ layer, classBits: estimate(0.3 + 0.1 * layer, 0.05), tokenBits: estimate(2.1 - 0.2 * layer, 0.1) })),
  recommendation: { level: 'aggregate-20', reason: 'keeps-bounds', detail: 'It is the most that keeps tokens recovered at 20 % or less and the class AUC at 0.75 or less.' },
  limits: ['The attacker is one of many: a larger one may get more.', 'It knows the release, as an insider would.'],
  documents: { train: 200, heldOut: 48 },
  tokens: { train: 40_000, heldOut: 9_600 },
};

const interval = (value: number, width: number) => ({ value, low: value - width, high: value + width });
const component = (name: string, share: number, width: number, confidence: number) => ({ component: name, share: interval(share, width), part: share / 0.31, samplingError: 0.004, confidence, named: confidence > 0.9 });
const attribution = {
  verdict: { outcome: 'fail', reasons: [{ reason: 'expert:experts-alone', detail: 'It was expert/2/3: the new experts with the old routers cost 0.262 bits per byte of 0.31.' }] },
  summary: 'It was expert/2/3: the new experts with the old routers cost 0.262 bits per byte of 0.31. Confidence 98 %.',
  cause: 'expert', named: ['expert/2/3'], confidence: 0.98, unit: 'bits/byte', old: interval(1.94, 0.05), new: interval(2.25, 0.06), change: interval(0.31, 0.03),
  effects: { router: interval(0.018, 0.022), experts: interval(0.262, 0.03), interaction: interval(0.03, 0.02), backbone: interval(0, 0), routerMain: interval(0.033, 0.02), expertsMain: interval(0.277, 0.03) },
  causes: [{ cause: 'expert', confidence: 0.991 }, { cause: 'both', confidence: 0.009 }],
  components: [component('expert/2/3', 0.253, 0.03, 1), component('router/2', 0.026, 0.018, 0.3), component('expert/1/6', 0.021, 0.014, 0.2), component('expert/0/2', 0.014, 0.02, 0.1), component('router/0', -0.004, 0.011, 0)],
  knockOut: [{ component: 'expert/2/3', old: interval(0.12, 0.03), new: interval(-0.16, 0.04) }, { component: 'expert/1/6', old: interval(0.07, 0.03), new: interval(0.06, 0.03) }],
  replay: { change: interval(0.29, 0.03), detail: 'the new release with the routes of the old one, less the old release' },
  exchange: null, counterfactual: { layer: 2, routesTried: 28, tokens: 8, lostBits: 41, regretBits: 22, oldRegretBits: 3, wonBackShare: 0.54, wonBackByOldRouteShare: 0.02, fixedTokens: 3, worst: [] }, cost: { rows: 61_440, coalitions: 8, items: 64 },
};

/** One of each kind; what people may have written is what `text` makes of the place it stands at. */
export function seededResults(text: (where: string) => string) {
  const strange = {
    verdict: { outcome: 'inconclusive', reasons: [{ reason: text('reason'), detail: text('reason detail') }] },
    summary: text('summary'),
    fromTheFuture: { axis: [1, 2, { deep: text('future') }] },
    tasks: [
      null, 7,
      { id: text('task'), kind: text('kind'), metrics: [{ name: text('metric'), unit: text('unit'), slice: { [text('label')]: text('value') }, candidate: { value: 1, low: 0.9, high: 1.1, n: 3 }, reference: null, difference: told(0.4, 0.1, 0.01), better: 'sideways' }, { name: 'odd', candidate: 'much' }],
        gates: [{ metric: text('gate'), slice: 'all', side: text('side'), bound: 1, value: null, outcome: text('outcome'), detail: text('gate detail') }, null],
        failures: [{ item: text('item'), detail: text('failure'), tokens: [{ row: 0, token: text('token'), context: `${text('before')}[${text('token')}]${text('after')}`, layer: 0, expert: null, gate: null, expected: text('expected') }, 'odd'] }] },
    ],
  };
  return { suite, measured, attribution, concentration, privacy, strange };
}
