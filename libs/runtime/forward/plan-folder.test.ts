import { mkdtemp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PlanFolder } from './plan-folder.ts';

const DAY_MS = 24 * 3_600_000;

it('removes what a killed process left long ago, and nothing younger', async () => {
  const plans = await mkdtemp(join(tmpdir(), 'signalbox-plan-folder-'));
  try {
    await mkdir(join(plans, 'plan-left'));
    await mkdir(join(plans, 'mine'));
    const { mtimeMs } = await stat(join(plans, 'plan-left'));

    const young = await PlanFolder.create(plans, mtimeMs + DAY_MS);
    expect(await readdir(plans)).toContain('plan-left');
    await young.remove();

    const late = await PlanFolder.create(plans, mtimeMs + DAY_MS + 60_000);
    expect(await readdir(plans)).not.toContain('plan-left');
    expect(await readdir(plans)).toContain('mine');
    await late.remove();
  } finally {
    await rm(plans, { recursive: true, force: true });
  }
});
