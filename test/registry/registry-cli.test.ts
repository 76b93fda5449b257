import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../apps/cli/program.ts';
import { TINY_MIXTRAL } from '../fixtures/tiny-release.ts';
import { writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { RegistryHouse, sha256Of } from './registry-house.ts';

const plain = (text: string): string => text;

let house: RegistryHouse;

beforeAll(async () => {
  house = await RegistryHouse.open();
});
afterAll(() => house?.close());

/** What a command printed; its exit code must be the given one. */
async function signalbox(args: readonly string[], exitCode = 0): Promise<string> {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await runCli(args, {
    env: house.environment,
    columns: 120,
    rows: 40,
    isTty: false,
    colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal,
    workingDir: house.home,
    print: (text) => out.push(text),
    note: (text) => notes.push(text),
  });
  expect(code, notes.join('\n')).toBe(exitCode);
  return [...out, ...(exitCode === 0 ? [] : notes)].join('\n');
}

it('leads a re-tuned expert from its file into a release, and back out', async () => {
  const parent = /release ([0-9a-f]{64})/.exec(await signalbox(['import', TINY_MIXTRAL, '--model', 'tiny-mixtral']))![1]!;
  await writeRetunedCheckpoint(join(house.home, 'tuned'), { experts: ['expert/2/2'] });
  const imported = await signalbox(['import', 'tuned', '--model', 'tiny-mixtral', '--parent', parent, '--note', 'tuned on law']);
  expect(imported).toContain('expert release: 1 of 32 experts changed (expert/2/2); 37 components shared');
  const tuned = /release ([0-9a-f]{64})/.exec(imported)![1]!;
  expect(await signalbox(['releases'])).toMatch(new RegExp(`${tuned}.* expert `));
  expect(await signalbox(['releases', '--model', 'nobody'])).toContain('No release of nobody');
  expect(await signalbox(['releases', 'show', tuned])).toContain('tuned on law');
  expect(await signalbox(['releases', 'show', tuned.slice(0, 12)])).toContain(`release ${tuned}`);
  const diff = await signalbox(['releases', 'diff', tuned.slice(0, 12), '--against', parent.slice(0, 8)]);
  expect(diff).toContain('expert/2/2:');
  expect(diff).toContain('trained-together');
  expect(diff).toContain('960.0 KiB more');

  // The tuned expert under another name of its bytes: as a file that someone was sent.
  const components = JSON.parse(await signalbox(['components', 'list', '--name', 'expert/2/2', '--json'])) as { sha256: string }[];
  expect(components).toHaveLength(2);
  const [a, b] = components.map(({ sha256 }) => sha256);
  expect(await signalbox(['components', 'compare', a!, b!.slice(0, 12)])).toMatch(/down_proj +F16 \[256, 320\]/);
  expect(await signalbox(['components', 'show', '00000000'], 5)).toContain('signalbox components list');

  // A component like that expert, but for one weight.
  const bytes = Uint8Array.from(house.bytesOf(a!));
  bytes[bytes.length - 2]! ^= 1;
  writeFileSync(join(house.home, 'expert.safetensors'), bytes);
  writeFileSync(join(house.home, 'card.json'), JSON.stringify({ title: 'Law', forUse: 'contracts', owner: 'ann' }));
  const sha256 = sha256Of(bytes);
  const order = ['upload', 'expert.safetensors', '--kind', 'expert', '--component', 'expert/2/2', '--model', 'tiny-mixtral', '--card', 'card.json'];
  expect(await signalbox(order)).toContain(`Uploaded expert ${sha256}.`);
  expect(await signalbox(order)).toContain('already holds');
  expect(await signalbox(['components', 'card', sha256.slice(0, 10), '--licence', 'Apache-2.0'])).toMatch(/for-use +contracts[^]*licence +Apache-2.0[^]*made from/);
  const made = await signalbox(['releases', 'create', '--base', parent, '--replace', `expert/2/2=${sha256}`, '--top-k', '1', '--note', 'one expert only']);
  expect(made).toContain('routing.topK: 2 -> 1');
  expect(made).toContain('not known to belong together (no-record)');
  const composed = /Made release ([0-9a-f]{64})/.exec(made)![1]!;
  expect(await signalbox(['components', 'delete', sha256], 1)).toContain(`${composed} as expert/2/2`);
  await signalbox(['releases', 'delete', composed]);
  expect(await signalbox(['components', 'delete', sha256])).toContain('Deleted');
  expect(await signalbox(['releases', 'create', '--base', parent, '--replace', 'expert/2/2'], 2)).toContain('expert/3/5=<sha256>');
});
