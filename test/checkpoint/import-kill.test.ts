import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importTinyRelease, TINY_MIXTRAL } from '../fixtures/tiny-release.ts';

const CHILD = fileURLToPath(new URL('./import-child.ts', import.meta.url));
const NEVER = Number.POSITIVE_INFINITY;

interface Run {
  readonly lines: readonly string[];
  readonly signal: NodeJS.Signals | null;
}

/** Runs an import in a process of its own and kills it (SIGKILL) after so many lines of progress. */
async function runImport(home: string, killAfterLines: number): Promise<Run> {
  const child = spawn(process.execPath, ['--conditions=development', CHILD, TINY_MIXTRAL, home], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === killAfterLines) child.kill('SIGKILL');
  }
  const [, signal] = await exited;
  return { lines, signal };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

it('an import that is killed again and again publishes nothing and then completes to the same release', async () => {
  const { releaseId, components } = await importTinyRelease();
  const home = await mkdtemp(join(tmpdir(), 'signalbox-kill-'));
  try {
    let killed = 0;
    for (const killAfterLines of [2, 5, 9, 14, 20, 27, 33, 38]) {
      const { lines, signal } = await runImport(home, killAfterLines);
      // A child that ended before the signal reached it has completed; the next round starts anew.
      if (signal === 'SIGKILL') killed += 1;
      if (lines.some((line) => line.startsWith('publishing'))) continue;
      const store = await ComponentStore.open(join(home, 'components'));
      expect(await store.list().next()).toMatchObject({ done: true });
    }
    expect(killed).toBeGreaterThan(0);
    const { lines } = await runImport(home, NEVER);
    expect(lines.at(-1)).toBe(`done ${releaseId}`);
    const store = await ComponentStore.open(join(home, 'components'));
    for (const sha256 of Object.keys(components)) expect(await store.verify(sha256)).toBe('intact');
    expect((await filesBelow(home)).toSorted()).toEqual(Object.keys(components).toSorted());
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
