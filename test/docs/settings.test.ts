import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environmentSchema } from '#libs/platform/config/environment';

it('docs/settings.md lists exactly the settings that are read', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'settings.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
  expect(documented.toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted());
});
