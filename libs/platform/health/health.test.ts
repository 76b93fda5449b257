import { expect, it } from 'vitest';
import { Health } from './health.ts';

it('is ready when every required check passes, and always says why', async () => {
  const health = new Health(20);
  expect(await health.readiness()).toEqual({ ready: true, checks: {} });
  health.set('engine', () => ({ ok: true, detail: '1 release' }));
  health.set('queue', async () => Promise.reject(new Error('redis is away')), { isRequired: false });
  expect(await health.readiness()).toEqual({
    ready: true,
    checks: {
      engine: { ok: true, detail: '1 release', isRequired: true },
      queue: { ok: false, detail: 'redis is away', isRequired: false },
    },
  });
  health.set('database', () => new Promise(() => undefined));
  const { ready, checks } = await health.readiness();
  expect(ready).toBe(false);
  expect(checks['database']).toEqual({ ok: false, detail: 'no result within 20 ms', isRequired: true });
});
