import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffState } from './state-diff.ts';

describe('diffState', () => {
  it('tells fields that were added, removed, changed and left', () => {
    expect(diffState({ name: 'ada', roles: ['viewer'], email: 'a@x.org', gone: 1 }, { name: 'ada', roles: ['viewer', 'admin'], email: null, limit: { perMinute: 5 } })).toEqual([
      { path: 'name', kind: 'same', before: 'ada', after: 'ada' },
      { path: 'roles', kind: 'changed', before: 'viewer', after: 'viewer, admin' },
      { path: 'email', kind: 'changed', before: 'a@x.org', after: 'none' },
      { path: 'limit.perMinute', kind: 'added', before: null, after: '5' },
      { path: 'gone', kind: 'removed', before: '1', after: null },
    ]);
  });

  it('goes into lists of objects', () => {
    expect(diffState({ guards: [{ kind: 'error-rate' }] }, { guards: [{ kind: 'latency' }] })).toEqual([{ path: 'guards[0].kind', kind: 'changed', before: 'error-rate', after: 'latency' }]);
  });

  it('takes what is no object as one field', () => {
    expect(diffState(null, 'on')).toEqual([{ path: '', kind: 'added', before: null, after: 'on' }]);
    expect(diffState(null, null)).toEqual([]);
  });

  it('finds nothing changed in a state and its copy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (state) => {
        expect(diffState(state, structuredClone(state)).filter(({ kind }) => kind !== 'same')).toEqual([]);
      }),
    );
  });
});
