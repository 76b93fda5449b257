import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { type MetricResult, type SuiteResult } from '../run/result.ts';
import { composeReport } from './compose-report.ts';
import { reportJunit } from './report-junit.ts';
import { reportMarkdown } from './report-markdown.ts';
import { reportText } from './report-text.ts';
import { inputOf, sha } from './testing/results.ts';

const metric = (over: Partial<MetricResult>): MetricResult => ({
  name: 'bitsPerByte', unit: 'bits/byte', slice: null, better: 'lower', candidate: { value: 2.5, low: 2.4, high: 2.6, n: 40 }, reference: { value: 2, low: 1.9, high: 2.1, n: 40 },
  difference: { value: 0.5, low: 0.4, high: 0.6, p: 0.0001, pAdjusted: 0.0004 }, ...over,
});

function suiteResult(quoted = 'plain'): SuiteResult {
  return {
    format: 'signalbox.result/1', kind: 'suite', candidate: sha('c'), reference: sha('a'), suite: sha('5'),
    verdict: { outcome: 'fail', reasons: [{ reason: 'gate-failed', detail: quoted }] }, summary: `1 of 2 gates hold: ${quoted}`,
    tasks: [
      {
        id: 'held-out', kind: 'likelihood',
        metrics: [
          metric({ slice: { domain: 'german' } }),
          metric({ slice: { domain: 'english' }, candidate: { value: 1.7, low: 1.6, high: 1.8, n: 40 }, difference: { value: -0.3, low: -0.4, high: -0.2, p: 0.001, pAdjusted: 0.004 } }),
          metric({ difference: { value: 0.01, low: -0.1, high: 0.12, p: 0.9, pAdjusted: 1 } }),
        ],
        gates: [
          { metric: 'bitsPerByte', slice: { domain: 'german' }, side: 'atMost', bound: 0.02, versus: 'reference', value: 0.5, outcome: 'fail', reason: 'bound-broken', detail: quoted },
          { metric: 'bitsPerByte', slice: null, side: 'atMost', bound: 3, versus: null, value: 2.5, outcome: 'pass', reason: 'bound-kept', detail: 'holds' },
        ],
        failures: [],
      },
      {
        id: 'stays-inside', kind: 'routes', metrics: [], gates: [{ metric: 'kept', slice: null, side: 'atLeast', bound: 1, versus: null, value: 0.9, outcome: 'inconclusive', reason: 'too-few-items', detail: 'too few items' }],
        routing: [{ class: 'harmful', layer: 2, candidate: [{ expert: 5, share: 0.41 }, { expert: 1, share: 0.2 }], reference: [{ expert: 5, share: 0.6 }] }],
        failures: [{ item: 3, detail: quoted, tokens: [{ row: 4, token: 'Haus', context: `das [Haus] ${quoted}`, layer: 2, expert: 5, gate: 0.61, expected: 'must stay inside experts 0, 1' }] }],
      },
    ],
  };
}

/** Of all planes, halves of pairs and control characters included; ASCII more often. */
const anyCharacter = fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 0x10_ffff })).map((code) => String.fromCodePoint(code));

const part = (markdown: string, heading: string): string => markdown.split('\n## ').find((one) => one.startsWith(heading)) ?? '';

describe('Markdown', () => {
  it('says the verdict first, then what got worse and better, and how to get it again', () => {
    const text = reportMarkdown(composeReport(inputOf(suiteResult())));
    expect(text.split('\n')[0]).toBe('# FAIL: Evaluation of cccccccccccc against aaaaaaaaaaaa');
    expect(part(text, 'What got worse')).toContain('domain=german');
    expect(part(text, 'What got worse')).not.toContain('english');
    expect(part(text, 'What got better')).toContain('domain=english');
    expect(text).toContain('1 of 3 compared figures are not told apart');
    expect(text).toContain('1 of 3 gates hold');
    expect(part(text, 'Worst items')).toContain('das [Haus] plain');
    expect(text).toContain('| `harmful` | 2 | 5 (60 %) | 5 (41 %), 1 (20 %) |');
    expect(part(text, 'How to reproduce')).toContain(`signalbox eval run ${sha('5')} --candidate ${sha('c')} --reference ${sha('a')} --wait`);
    expect(text).toContain(sha('f'));
  });

  it('says how to find the part that did it, or which it was', () => {
    const unknown = reportMarkdown(composeReport(inputOf(suiteResult())));
    expect(part(unknown, 'Which part did it')).toContain(`signalbox eval attribute ${sha('a')} ${sha('c')} --suite ${sha('5')}`);
    const attribution = { evaluationId: 'x', state: 'succeeded', summary: 'The router of layer 2 did it.', resultSha256: sha('9') };
    expect(part(reportMarkdown(composeReport(inputOf(suiteResult(), { attribution }))), 'Which part did it')).toContain('The router of layer 2 did it.');
    const running = { ...attribution, state: 'running', summary: null };
    expect(part(reportMarkdown(composeReport(inputOf(suiteResult(), { attribution: running }))), 'Which part did it')).toContain('is running');
  });

  it('never lets what it quotes become markup', () => {
    const text = reportMarkdown(composeReport(inputOf(suiteResult('a|b `c` <img src=x> @team\n# head [x](http://evil.example) \u202Eback'))));
    const tables = text.split('\n').filter((line) => line.startsWith('| fail'));
    expect(tables).toHaveLength(1);
    // Outside of code spans nothing is left that GitHub would render.
    const outside = text.replaceAll(/(`+)[^\n]*?[^`]\1(?!`)/g, '').replaceAll(/<\/?(?:details|summary)>/g, '');
    expect(outside).not.toMatch(/<|@|[^\\]\[|:\/\/evil/);
    expect(text).not.toMatch(/^# head/m);
    expect(text).not.toContain('\u202E');
  });

  it('shows figures by the clock beside the result', () => {
    const measured = { tasks: [{ id: 'speed', metrics: [{ ...metric({ name: 'promptTokenMs', unit: 'ms' }) }] }] } as never;
    expect(part(reportMarkdown(composeReport(inputOf(suiteResult(), { measured }))), 'By the clock')).toContain('promptTokenMs (ms)');
  });
});

describe('results that another version wrote', () => {
  const attribution = {
    format: 'signalbox.result/1', kind: 'attribution', candidate: sha('c'), reference: sha('a'), suite: sha('5'), verdict: { outcome: 'fail', reasons: [{ reason: 'expert', detail: 'expert/2/5' }] }, summary: 'Expert 5 of layer 2.',
    confidence: 0.97, swap: { router: { value: 0.01, low: -0.01, high: 0.03 }, experts: { value: 0.4, low: 0.3, high: 0.5 } },
    shares: [{ expert: { layer: 2, expert: 5 }, share: { value: 0.8, low: 0.7, high: 0.9 } }, { expert: { layer: 0, expert: 1 }, share: { value: 0.1, low: 0, high: 0.2 } }],
    levels: [{ level: 'full', classes: [{ label: 'german', value: 0.9, low: 0.8, high: 1, n: 9 }, { label: 'french', value: 0.5, low: null, high: null, n: 1 }] }],
  } as const;

  it('show their own fields as figures and tables', () => {
    const text = reportMarkdown(composeReport(inputOf(attribution)));
    expect(text).toContain('| Confidence | 0.97 |');
    expect(part(text, 'Swap')).toContain('| Experts | 0.4 \\[0.3, 0.5\\] |');
    expect(part(text, 'Shares')).toContain('expert/2/5 | 0.8 \\[0.7, 0.9\\] |');
    expect(part(text, 'Levels')).toContain('| `full` | `german 0.9 [0.8, 1], french 0.5` |');
    expect(reportText(composeReport(inputOf(attribution)))).toMatch(/expert\/2\/5 +0\.8 \[0\.7, 0\.9\]/);
  });

  it('have their verdict as the one case of JUnit', () => {
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(reportJunit(inputOf(attribution)));
    expect(testsuites.testsuite.testcase).toMatchObject({ '@_name': 'verdict', failure: { '@_message': 'expert: expert/2/5' } });
  });
});

describe('JUnit', () => {
  it('has a case for each gate, a failure for one not kept, an error for one not decided', () => {
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(reportJunit(inputOf(suiteResult())));
    expect(testsuites).toMatchObject({ '@_tests': '3', '@_failures': '1', '@_errors': '1' });
    const [first, second] = testsuites.testsuite;
    expect(first.testcase.map((one: Record<string, unknown>) => [one['@_name'], one['failure'] !== undefined])).toEqual([['bitsPerByte against reference at most 0.02 (domain=german)', true], ['bitsPerByte at most 3', false]]);
    expect(second.testcase.error['@_type']).toBe('inconclusive');
    expect(second['system-out']).toContain('das [Haus]');
  });

  it('is well formed and gives back what was quoted, whatever that is', () => {
    fc.assert(
      fc.property(fc.array(anyCharacter, { maxLength: 60 }), (characters) => {
        const quoted = characters.join('');
        const xml = reportJunit(inputOf(suiteResult(`x${quoted}x`)));
        expect(XMLValidator.validate(xml)).toBe(true);
        const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false, parseAttributeValue: false, trimValues: false, htmlEntities: true, processEntities: true });
        const kept = `x${quoted}x`.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}');
        expect(parser.parse(xml).testsuites.testsuite[0].testcase[0].failure['@_message']).toBe(kept);
      }),
    );
  });
});

it('text for a terminal holds nothing that steers it', () => {
  const text = reportText(composeReport(inputOf(suiteResult('\u001B[2Jgone\u0007'))));
  expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(text.split('\n')[0]).toBe('FAIL: Evaluation of cccccccccccc against aaaaaaaaaaaa');
});
