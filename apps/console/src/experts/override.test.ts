import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem.ts';
import { isAboutProtection, overrideOf } from './override.ts';

describe('an override of protection', () => {
  it('is asked for where the server refused for it, and not otherwise', () => {
    expect(isAboutProtection(new Problem(409, 'protected_expert', 'The expert is protected', '', 'override'))).toBe(true);
    expect(isAboutProtection(new Problem(400, 'invalid_request', 'The request is not valid', '', 'override.reason'))).toBe(true);
    expect(isAboutProtection(new Problem(409, 'nothing_left', 'Nothing is left', '', 'force'))).toBe(false);
    expect(isAboutProtection(null)).toBe(false);
  });

  it('goes into the request with a run, as an emergency, or not at all', () => {
    expect(overrideOf({ evaluationId: ' ', isEmergency: false }, 'why')).toEqual({});
    expect(overrideOf({ evaluationId: ' run ', isEmergency: false }, 'why')).toEqual({ override: { reason: 'why', emergency: false, evaluationId: 'run' } });
    expect(overrideOf({ evaluationId: '', isEmergency: true }, 'why')).toEqual({ override: { reason: 'why', emergency: true } });
  });
});
