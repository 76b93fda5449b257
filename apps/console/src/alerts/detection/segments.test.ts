import { expect, it } from 'vitest';
import { segmentsOf } from './segments.ts';

it('reads one segment a line', () => {
  expect(segmentsOf(' task=chat \n\ntenant = a b, language=en')).toEqual([{ task: 'chat' }, { tenant: 'a b', language: 'en' }]);
  expect(segmentsOf('')).toEqual([]);
  expect([segmentsOf('chat'), segmentsOf('colour=red')]).toEqual([null, null]);
});
