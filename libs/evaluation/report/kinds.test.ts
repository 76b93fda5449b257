import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { type AttributionResult } from '../attribute/attribution-result.ts';
import { type Judging, type SuiteResult } from '../run/result.ts';
import { composeReport } from './compose-report.ts';
import { type ReportInput } from './report.ts';
import { reportJunit } from './report-junit.ts';
import { reportMarkdown } from './report-markdown.ts';
import { reportText } from './report-text.ts';
import { attribution, concentration, inputOf, privacy, recalibration, sha } from './testing/results.ts';

const markdown = (result: ReportInput['result'], over: Partial<ReportInput> = {}): string => reportMarkdown(composeReport(inputOf(result, over)));
const part = (text: string, heading: string): string => text.split('\n## ').find((one) => one.startsWith(heading)) ?? '';
const HOSTILE = 'a|b `c` <img src=x> @team\n# head [x](http://evil.example) \u202Eback';
const KINDS = { attribution: attribution(), concentration: concentration(), privacy: privacy(), recalibration: recalibration() };

describe.each(Object.entries(KINDS))('a report of kind %s', (kind, result) => {
  it('has the verdict, what to do, what was not measured, and fits a screen', () => {
    const lines = reportText(composeReport(inputOf(result))).split('\n');
    const [title, , summary] = lines;
    expect(title).toMatch(/^(?:PASS|FAIL): /);
    expect(summary).toBe(result.summary);
    expect(lines.indexOf('What to do next')).toBeGreaterThan(0);
    expect(lines.indexOf('What was not measured')).toBeGreaterThan(lines.indexOf('What to do next'));
    expect(lines.length).toBeLessThanOrEqual(60);
  });

  it('folds the rest with its count in Markdown, and names it on a terminal', () => {
    const folded = [...markdown(result).matchAll(/<details><summary>(.+?) \((\d+)\)<\/summary>\n\n((?:\|.*\n)+)/g)];
    expect(folded.length).toBeGreaterThan(0);
    for (const [, , count, table] of folded) expect(table!.trimEnd().split('\n')).toHaveLength(Number(count) + 2);
    expect(reportText(composeReport(inputOf(result)))).toContain(`+ ${folded[0]![1]} (${folded[0]![2]}): see --format markdown`);
  });

  it('is a case of JUnit that can be read back, with the report below it', () => {
    const input = inputOf(result);
    const xml = reportJunit(input);
    expect(XMLValidator.validate(xml)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false, htmlEntities: true }).parse(xml);
    const isFailed = result.verdict.outcome === 'fail';
    expect(testsuites).toMatchObject({ '@_tests': '1', '@_failures': isFailed ? '1' : '0', testsuite: { '@_name': kind, testcase: { '@_name': 'verdict' } } });
    expect(testsuites.testsuite.testcase.failure?.['@_message']).toBe(isFailed ? `${result.verdict.reasons[0]!.reason}: ${result.verdict.reasons[0]!.detail}` : undefined);
    expect(testsuites.testsuite['system-out']).toBe(reportText(composeReport(input)).trim());
  });

  it('is shown field by field where another version wrote it', () => {
    const { verdict, summary, candidate, reference, suite, format } = result;
    const strange = { format, kind, candidate, reference, suite, verdict, summary, axis: [{ deep: 7 }] } as unknown as ReportInput['result'];
    const text = markdown(strange);
    expect(part(text, 'Axis')).toContain('| 7 |');
    expect(text).toContain('## How to reproduce');
  });
});

describe('attribution', () => {
  it('names the parts in words, the guilty first, with their share and how sure that is', () => {
    expect(part(markdown(attribution()), 'Which part')).toContain('8 changed parts; the shares add up');
    expect(part(markdown(attribution()), 'Which part')).toMatch(/\| --- \|\n\| yes \| expert 3 of layer 2 \(expert\/2\/3\) \| \+0\.253 \\\[\+0\.223, \+0\.283\\\] \| 82 % \| 100 % \|/);
    expect(part(markdown(attribution()), 'Old and new parts mixed')).toContain('| old routers, new experts | +0.262 \\[+0.232, +0.292\\] |');
  });

  it.each<[string, Partial<AttributionResult>, RegExp]>([
    ['expert', {}, /--replace expert\/2\/3=OLD-SHA256/],
    ['router', { cause: 'router', named: ['router/2'] }, /--base c{12} --routers-from a{12}\n/],
    ['both', { cause: 'both', named: ['router/2', 'expert/2/3'] }, /one at a time/],
    ['interaction', { cause: 'interaction', named: [] }, /no part can go back alone/],
    ['backbone', { cause: 'backbone', named: ['backbone'] }, /--replace backbone=OLD-SHA256/],
    ['misplaced', { cause: 'interaction', verdict: { outcome: 'fail', reasons: [{ reason: 'interaction:experts-misplaced', detail: 'x' }] }, exchange: { layer: 2, places: [3, 5], best: [5, 3], change: null } }, /expert 5 at place 3, expert 3 at place 5/],
    ['neither', { cause: 'neither', named: [], verdict: { outcome: 'pass', reasons: [] } }, /Nothing here/],
    ['better', { change: { value: -0.2, low: -0.3, high: -0.1 }, verdict: { outcome: 'pass', reasons: [] } }, /It got better/],
    ['undecided', { verdict: { outcome: 'inconclusive', reasons: [] } }, /--setting items=256/],
  ])('says what to do next: %s', (_, over, wanted) => {
    expect(part(markdown(attribution(over)), 'What to do next')).toMatch(wanted);
  });

  it('says of two releases of the same parts that there is nothing to look at', () => {
    const zero = { value: 0, low: 0, high: 0 };
    const text = markdown(attribution({ cause: 'neither', named: [], effects: null, components: [], knockOut: [], replay: null, counterfactual: null, change: zero, causes: [{ cause: 'neither', confidence: 1 }], cost: { rows: 0, coalitions: 0, items: 1 }, verdict: { outcome: 'pass', reasons: [] } }));
    expect(text).toContain('Nothing here');
    expect(text).not.toMatch(/Which part has|Old and new parts|Old routes/i);
  });
});

it('concentration names what to protect and how', () => {
  const text = markdown(concentration());
  expect(part(text, 'Experts to protect')).toContain('| expert 5 of layer 2 (expert/2/5) | 0.120 \\[0.100, 0.140\\] | 33 % |');
  expect(part(text, 'How few hold it up')).toMatch(/Without these 2 experts 50 % of the margin or more is gone\. It is spread as over 3\.8 equal experts\./);
  expect(part(text, 'What to do next')).toContain('signalbox protect adopt 0197280f-6000-7000-8000-000000000001');
  const one = concentration({ smallestSet: { target: 0.5, isReached: true, carriers: [{ layer: 2, expert: 5, removed: 0.6 }] } });
  expect(part(markdown(one), 'How few hold it up')).toContain('Without this expert 50 %');
  const none = markdown(concentration({ proposals: [], smallestSet: { target: 0.5, isReached: false, carriers: [] } }));
  expect(part(none, 'What to do next')).toContain('Nothing needs protection');
  expect(none).not.toContain('How few hold it up');
});

it('privacy says which levels keep the bounds and which settings keep no more than the recommended one', () => {
  const text = markdown(privacy(), { settings: { maxTokenRecovery: 0.1, maxClassAuc: 0.8 } });
  const table = part(text, 'What an attacker gets');
  expect(table).toContain('| tokens given back, at most 10 % | class AUC, at most 0.8 |');
  expect(table).toMatch(/\| {2}\| routes with gates \(routes\) \| 65 % .* \| no \|/);
  expect(table).toMatch(/learnt from 17,272 tokens/);
  expect(table).toMatch(/\(sampled\) .* \| as routes, where kept \|/);
  expect(table).toMatch(/\| this one \| sums over 20 requests \(aggregate-20\) \| 5\.7 % .* \| yes \|/);
  expect(part(text, 'What to do next')).toContain('SIGNALBOX_CAPTURE=aggregate\nSIGNALBOX_MIN_REQUESTS=20');
  expect(part(markdown(privacy()), 'What an attacker gets')).toContain('| tokens given back | class AUC |');
  const off = privacy({ recommendation: { level: 'off', reason: 'no-level', detail: 'Record nothing.' } });
  expect(part(markdown(off), 'What to do next')).toContain('SIGNALBOX_CAPTURE=off');
});

it('recalibration shows balance beside quality, and proposes only what the run proposes', () => {
  expect(part(markdown(recalibration()), 'Balance beside quality')).toContain('| proposed | 0.5 | 43 % | 1.406 | +0.004 \\[+0.001, +0.007\\] | 10 % |');
  expect(part(markdown(recalibration()), 'What to do next')).toContain('signalbox plan recalibrate');
  const none = recalibration({ proposal: null, verdict: { outcome: 'inconclusive', reasons: [{ reason: 'costs-quality', detail: 'x' }] } });
  expect(part(markdown(none), 'What to do next')).toMatch(/Nothing is proposed\. Allow a larger loss/);
});

it.each([
  [{ seed: 1, items: 64 }, '--suite 5{64} --wait'],
  [{ seed: 7, items: 64 }, '--suite 5{64} --setting seed=7 --wait'],
  [{ seed: '`rm`' }, '--suite 5{64} --wait'],
])('says how to get it again, with the settings that are not as usual: %j', (settings, wanted) => {
  const again = part(markdown(attribution(), { settings }), 'How to reproduce');
  expect(again).toMatch(new RegExp(`signalbox eval attribute a{64} c{64} ${wanted}\n`));
  expect(again.includes('The settings of this run are with its digests.')).toBe(settings.seed === '`rm`');
});

it('writes lists of numbers so that a shell takes them', () => {
  expect(part(markdown(recalibration(), { settings: { strengths: [0.5, 1] } }), 'How to reproduce')).toContain("--setting 'strengths=[0.5,1]' --wait");
});

describe('names and texts that somebody wrote', () => {
  it('never become markup', () => {
    const named = attribution({ named: [HOSTILE], summary: HOSTILE, replay: HOSTILE, components: [{ ...attribution().components[0]!, component: HOSTILE, named: true }] });
    const hostile = [
      named,
      concentration({ summary: HOSTILE, margins: [{ class: HOSTILE, margin: { value: 1, low: null, high: null, n: 1 } }] }),
      privacy({ summary: HOSTILE, limits: [HOSTILE], recommendation: { level: HOSTILE as 'off', reason: HOSTILE, detail: HOSTILE }, verdict: { outcome: 'fail', reasons: [{ reason: HOSTILE, detail: HOSTILE }] }, levels: [{ ...privacy().levels[0]!, level: HOSTILE as 'full', classes: [{ label: HOSTILE, value: 1, low: 1, high: 1, n: 1 }] }] }),
      recalibration({ summary: HOSTILE }),
    ];
    for (const one of hostile) {
      const text = markdown(one, { suiteName: HOSTILE });
      const outside = text.replaceAll(/```sh\n[\s\S]*?\n```/g, '').replaceAll(/(`+)[^\n]*?[^`]\1(?!`)/g, '').replaceAll(/<\/?(?:details|summary)>/g, '');
      expect(outside).not.toMatch(/<|@|[^\\]\[|:\/\/evil/);
      expect(text).not.toMatch(/^# head/m);
      expect(text).not.toContain('\u202E');
      // Commands are not escaped, so nothing that others wrote stands in them.
      for (const [commands] of text.matchAll(/```sh\n[\s\S]*?\n```/g)) expect(commands).not.toMatch(/evil|team/);
      const parsed = new XMLParser({ ignoreAttributes: false }).parse(reportJunit(inputOf(one, { suiteName: HOSTILE })));
      expect(parsed.testsuites['@_tests']).toBe('1');
    }
  });
});

describe('the judge of preferences', () => {
  const judging: Judging = { judge: 'tiny', pairs: 10, unreadable: 1, tied: 0, consistency: { value: 0, low: 0, high: 0.3, n: 9 }, firstBoth: 9, secondBoth: 0, standing: 'cannot-tell' };
  const told = (over: Partial<Judging>): string => {
    const result: SuiteResult = { format: 'signalbox.result/1', kind: 'suite', candidate: sha('c'), reference: sha('a'), suite: sha('5'), verdict: { outcome: 'inconclusive', reasons: [] }, summary: 'x', tasks: [{ id: 'answers', kind: 'preference', metrics: [], gates: [], failures: [], judging: { ...judging, ...over } }] };
    return part(markdown(result), 'Can the judge tell?');
  };

  it('is said to be unable to tell where its verdicts follow the order', () => {
    expect(told({})).toContain('The judge tiny cannot tell: it keeps its winner in 0 % \\[0 %, 30 %\\] of 9 pairs');
    expect(told({})).toContain('9 verdicts of 10 pairs (90 %) turn with the order and count as ties: 9 for the answer shown first, 0 for the one shown second.');
    expect(told({})).toContain('1 pair has a reply that could not be read, and does not count.');
  });

  it.each<[Partial<Judging>, string]>([
    [{ standing: 'tells', consistency: { value: 0.9, low: 0.7, high: 0.97, n: 20 } }, 'it looks at the answers'],
    [{ standing: 'not-shown', consistency: { value: 0.6, low: 0.4, high: 0.8, n: 20 }, judge: null }, 'It is not shown that the judge can tell'],
    [{ standing: 'not-shown', consistency: null, tied: 10 }, 'named no winner in any pair'],
  ])('is believed as far as it goes: %j', (over, wanted) => {
    expect(told(over)).toContain(wanted);
  });
});
