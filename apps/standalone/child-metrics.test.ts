import { expect, it } from 'vitest';
import { ChildMetrics } from './child-metrics.ts';

const OWN = '# TYPE a gauge\na 1\n';
const ANSWER = { metrics: '# TYPE b gauge\nb 2\n' };

it('asks once for scrapes at the same time and shows both processes', async () => {
  let asked = 0;
  const metrics = new ChildMetrics({ send: () => (asked += 1) > 0 }, { process: 'pipeline', limitMs: 60_000 });
  const scrapes = [metrics.after(OWN), metrics.after(OWN)];
  metrics.receive({ other: 1 });
  metrics.receive(ANSWER);
  for (const text of await Promise.all(scrapes)) expect(text).toContain('b{process="pipeline"} 2');
  expect(asked).toBe(1);
  const next = metrics.after(OWN);
  metrics.receive(ANSWER);
  expect(await next).toContain('a 1\n');
  expect(asked).toBe(2);
});

it('shows its own alone where the pipeline is away or silent', async () => {
  expect(await new ChildMetrics({ send: () => false }, { process: 'pipeline', limitMs: 60_000 }).after(OWN)).toBe(OWN);
  expect(await new ChildMetrics({ send: () => true }, { process: 'pipeline', limitMs: 1 }).after(OWN)).toBe(OWN);
});
