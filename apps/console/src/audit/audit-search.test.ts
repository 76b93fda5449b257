import { expect, it } from 'vitest';
import { actorName, parseAuditSearch } from './audit-search.ts';

it('keeps the filters that it knows', () => {
  expect(parseAuditSearch({ action: ' key.* ', actor: '', subject: 7, whole: true, range: '7d' })).toEqual({ action: 'key.*', whole: true });
  expect(parseAuditSearch({ whole: 'yes' })).toEqual({});
});

it('names who acted', () => {
  expect([actorName({ actorName: 'ada' }), actorName({ actorName: 3 }), actorName(null)]).toEqual(['ada', null, null]);
});
