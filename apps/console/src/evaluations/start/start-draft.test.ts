import { describe, expect, it } from 'vitest';
import { bodyOf, newDraft, problemOfDraft } from './start-draft.ts';

const [NEW, STABLE, SUITE] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const CHOICES = { releases: [NEW, STABLE], stable: STABLE, suites: [SUITE] };

describe('what the form begins with', () => {
  it('is the newest release against the one that serves', () => {
    expect(newDraft({}, CHOICES)).toEqual({ kind: 'suite', candidate: NEW, reference: STABLE, suite: SUITE, settings: '' });
  });

  it('is what the address says', () => {
    expect(newDraft({ kind: 'attribution', candidate: STABLE, reference: NEW }, CHOICES)).toMatchObject({ kind: 'attribution', candidate: STABLE, reference: NEW });
  });

  it('compares nothing with itself, and nothing where the kind looks at one release', () => {
    expect(newDraft({}, { ...CHOICES, releases: [STABLE] })).toMatchObject({ candidate: STABLE, reference: '' });
    expect(newDraft({ kind: 'privacy' }, CHOICES).reference).toBe('');
  });

  it('is empty in an empty house', () => {
    expect(problemOfDraft(newDraft({}, { releases: [], stable: null, suites: [] }))?.field).toBe('candidate');
  });
});

describe('what is wrong with a draft', () => {
  const draft = newDraft({}, CHOICES);

  it.each([
    [{ suite: '' }, 'suite'],
    [{ reference: draft.candidate }, 'reference'],
    [{ kind: 'attribution', reference: '' }, 'reference'],
    [{ settings: '{' }, 'settings'],
    [{ settings: '[1]' }, 'settings'],
    [{ settings: '{"seed": 7}' }, undefined],
    [{ reference: '' }, undefined],
    [{ kind: 'privacy', reference: draft.candidate }, undefined],
  ] as const)('%j: %s', (parts, field) => {
    expect(problemOfDraft({ ...draft, ...parts })?.field).toBe(field);
  });

  it('is said before anything is sent; what is sent holds what was chosen', () => {
    expect(bodyOf({ ...draft, settings: '{"seed": 7}' })).toEqual({ kind: 'suite', candidate: NEW, reference: STABLE, suite: SUITE, settings: { seed: 7 } });
    expect(bodyOf({ ...draft, kind: 'concentration' })).toMatchObject({ reference: null, settings: {} });
  });
});
