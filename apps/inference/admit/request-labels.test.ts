import { describe, expect, it } from 'vitest';
import { labelsOf } from './request-labels.ts';

const NONE = { tenant: '', task: '', language: '', region: '', dataClass: '', licence: '', session: '' };

describe('labelsOf', () => {
  it('takes what the metadata names, and nothing else of it', () => {
    const metadata = { tenant: 'acme', task: 'code', data_class: 'secret', region: 'eu', licence: 'cc', session: 's 1', other: 'x' };
    expect(labelsOf(metadata, { tenant: null })).toEqual({ labels: { ...NONE, tenant: 'acme', task: 'code', dataClass: 'secret', region: 'eu', licence: 'cc', session: 's 1' } });
    expect(labelsOf(null, { tenant: null })).toEqual({ labels: NONE });
  });

  it('sets the tenant of a bound caller, and refuses another one', () => {
    expect(labelsOf(undefined, { tenant: 'acme' })).toEqual({ labels: { ...NONE, tenant: 'acme' } });
    expect(labelsOf({ tenant: 'acme' }, { tenant: 'acme' })).toEqual({ labels: { ...NONE, tenant: 'acme' } });
    for (const tenant of ['other', '']) {
      expect(labelsOf({ tenant }, { tenant: 'acme' })).toMatchObject({ refused: { status: 403, param: 'metadata.tenant', code: 'tenant_mismatch' } });
    }
  });
});
