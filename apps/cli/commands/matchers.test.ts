import { expect, it } from 'vitest';
import { matcherText, readMatcher } from './matchers.ts';

it('reads matchers and writes them again', () => {
  const texts = ['signal=mix-shift', 'layer!=3', 'severity=warning|info', 'task!=code|prose', 'tenant='];
  expect(texts.map((text) => readMatcher(text)[0]).map((matcher) => matcherText(matcher!))).toEqual(texts);
  expect(readMatcher('b=2', readMatcher('a=1'))).toEqual([{ label: 'a', is: 'equal', value: '1' }, { label: 'b', is: 'equal', value: '2' }]);
  expect(() => readMatcher('nothing')).toThrow('signal=mix-shift');
});
