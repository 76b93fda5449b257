import { expect, it } from 'vitest';
import { importTinyRelease } from '../../test/fixtures/tiny-release.ts';

it('imports the demo model', async () => {
  const { manifest, components } = await importTinyRelease();
  expect(Object.keys(manifest.components)).toHaveLength(2 + 4 + 4 * 8);
  expect(Object.keys(components)).toHaveLength(2 + 4 + 4 * 8);
});
