import { expect, it } from 'vitest';
import { mergeExpositions } from './merge-expositions.ts';

const LABEL = { name: 'process', value: 'pipeline' };
const OWN = '# HELP a_total A.\n# TYPE a_total counter\na_total 1\n\n# TYPE w_seconds histogram\nw_seconds_bucket{le="+Inf"} 2\nw_seconds_sum 0.5\nw_seconds_count 2\n';
const OTHER = '# TYPE a_total counter\na_total 3\na_total{reason="x y{z"} 4\n# HELP b B.\n# TYPE b gauge\nb{k="v"} 5\n';

it('keeps one TYPE for each metric and marks the series of the other process', () => {
  expect(mergeExpositions(OWN, OTHER, LABEL).split('\n').filter(Boolean)).toEqual([
    '# HELP a_total A.',
    '# TYPE a_total counter',
    'a_total 1',
    'a_total{process="pipeline"} 3',
    'a_total{process="pipeline",reason="x y{z"} 4',
    '# TYPE w_seconds histogram',
    'w_seconds_bucket{le="+Inf"} 2',
    'w_seconds_sum 0.5',
    'w_seconds_count 2',
    '# HELP b B.',
    '# TYPE b gauge',
    'b{process="pipeline",k="v"} 5',
  ]);
});

it('leaves our own as it is where the other has nothing to tell', () => {
  expect(mergeExpositions(OWN, '# no registered metrics\n', LABEL).split('\n').filter(Boolean)).toEqual(OWN.split('\n').filter(Boolean));
});
