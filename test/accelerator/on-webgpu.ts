import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { loadForwardPass } from '#libs/runtime/forward/load-release';
import { loadWholeForwardPass } from '#libs/runtime/forward/load-whole-release';
import { readGoldenPrompts } from '../fixtures/golden-prompts.ts';
import { planDifference } from './plan-difference.ts';

// Run by webgpu.test.ts in a process of its own: which Vulkan there is, is read from the environment at its start.
const [checkpoint = '', home = ''] = process.argv.slice(2);
const PROMPT_TOKENS = 18;

const store = await ComponentStore.open(join(home, 'components'));
const { manifest, components } = await importCheckpoint({ directory: checkpoint, model: 'tiny-mixtral', store, journalDirectory: join(home, 'imports') });
const request = {
  manifest,
  components: Object.fromEntries(components.map(({ sha256 }) => [sha256, store.pathOf(sha256)])),
  threads: 1,
  chunkTokens: 64,
  maxCacheBytes: 2 ** 28,
};
const split = await loadForwardPass(request);
const whole = await loadWholeForwardPass(request, 'webgpu');
const difference = await planDifference({ manifest, goldenPrompts: readGoldenPrompts(join(checkpoint, 'golden')) }, [split, whole], PROMPT_TOKENS);
process.stdout.write(`${JSON.stringify(difference)}\n`);
await whole.dispose();
await split.dispose();
