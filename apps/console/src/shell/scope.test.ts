import { describe, expect, it } from 'vitest';
import { parseScope } from './scope.ts';

describe('parseScope', () => {
  it('keeps what it knows', () => {
    expect(parseScope({ model: 'tiny', range: '7d', layer: 3 })).toEqual({ model: 'tiny', range: '7d' });
  });

  it('drops what is no range and no time', () => {
    expect(parseScope({ model: 5, range: '3y', from: 'yesterday', to: '2026-01-01T00:00:00+01:00' })).toEqual({ to: '2025-12-31T23:00:00.000Z' });
  });
});
