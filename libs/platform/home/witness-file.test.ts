import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WitnessFile } from './witness-file.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-witness-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('keeps what was appended, for the owner only, whatever cut the last line off', () => {
  const file = new WitnessFile(home);
  expect(file.read()).toEqual([]);
  file.append({ n: 1 });
  appendFileSync(file.path, '{"n":');
  file.append({ n: 2 });
  expect(new WitnessFile(home).read()).toEqual([{ n: 1 }, { n: 2 }]);
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
});

it('stays bounded, keeps the first and the newest lines and thins out those between', () => {
  const file = new WitnessFile(home, 20, 5);
  for (let n = 1; n <= 200; n += 1) file.append({ n });
  const kept = (file.read() as { n: number }[]).map(({ n }) => n);
  expect(kept.length).toBeLessThanOrEqual(20);
  expect(kept[0]).toBe(1);
  expect(kept.slice(-5)).toEqual([196, 197, 198, 199, 200]);
  expect(kept).toEqual(kept.toSorted((a, b) => a - b));
  expect(readFileSync(file.path, 'utf8').endsWith('\n')).toBe(true);
});
