import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { type ReleaseManifest } from '#libs/release/manifest';
import { diffManifests } from '#libs/release/release-diff';
import { type Retuning, writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { importTinyRelease } from '../fixtures/tiny-release.ts';

it('changes just the named components, the same way each time', async () => {
  const { manifest: parent } = await importTinyRelease();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-retuned-'));
  try {
    const store = await ComponentStore.open(join(folder, 'components'));
    let made = 0;
    const importOf = async (retuning: Retuning): Promise<ReleaseManifest> => {
      const directory = join(folder, `checkpoint-${(made += 1)}`);
      await writeRetunedCheckpoint(directory, retuning);
      return (await importCheckpoint({ directory, model: 'tiny-mixtral', store, journalDirectory: join(folder, 'imports') })).manifest;
    };
    const tuned = await importOf({ experts: ['expert/3/5'], seed: 3 });
    expect(diffManifests(parent, tuned)).toMatchObject({ kind: 'expert', components: [{ name: 'expert/3/5' }], settings: [] });
    expect(await importOf({ experts: ['expert/3/5'], seed: 3 })).toEqual(tuned);
    const scrambled = await importOf({ experts: ['expert/3/5', 'expert/0/1'], scramble: true });
    expect(diffManifests(parent, scrambled).components.map(({ name }) => name)).toEqual(['expert/0/1', 'expert/3/5']);
    expect(diffManifests(parent, await importOf({ router: 2 }))).toMatchObject({ kind: 'router', components: [{ name: 'router/2' }] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
