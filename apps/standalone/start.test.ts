import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { needsRestart } from './allocator.ts';
import { decideDemoModel } from './demo-model.ts';
import { banner } from './terminal/banner.ts';
import { Progress } from './terminal/progress.ts';

describe('decideDemoModel', () => {
  it.each([
    ['turned-off', { modelDir: null, models: 0, folderExists: false }],
    ['models-exist', { modelDir: '/m', models: 1, folderExists: true }],
    ['folder-missing', { modelDir: '/m', models: 0, folderExists: false }],
    ['import', { modelDir: '/m', models: 0, folderExists: true }],
  ] as const)('%s', (expected, facts) => {
    expect(decideDemoModel(facts)).toBe(expected);
  });
});

describe('banner', () => {
  const FACTS = { url: 'http://127.0.0.1:7070', newKey: 'sbx_abcdefgh_secret', models: ['tiny-mixtral'], readySeconds: 1.234 };
  it('shows the key the first time only, and what to try', () => {
    expect(banner(FACTS)).toContain('sbx_abcdefgh_secret');
    expect(banner({ ...FACTS, newKey: null })).toContain('Bearer $SIGNALBOX_API_KEY');
    for (const text of ['http://127.0.0.1:7070/v1/completions', '"model":"tiny-mixtral"', 'npm run demo', 'npm run signalbox -- routes']) {
      expect(banner(FACTS)).toContain(text);
    }
    expect(banner(FACTS)).not.toContain('SIGNALBOX_URL');
    expect(banner({ ...FACTS, url: 'http://127.0.0.1:7171' })).toContain('export SIGNALBOX_URL=http://127.0.0.1:7171');
    expect(banner({ ...FACTS, models: [] })).toContain('npm run signalbox -- import');
  });
});

describe('Progress', () => {
  it('writes plain lines where there is no terminal', async () => {
    const written: string[] = [];
    const output = new Writable({ write: (chunk: Buffer, _encoding, done) => (written.push(chunk.toString()), done()) });
    const progress = new Progress(output as NodeJS.WriteStream, () => 0);
    await progress.step('PostgreSQL', async () => 5433, (port) => `port ${port}`);
    await expect(progress.step('engine', async () => Promise.reject(new Error('x')), () => '')).rejects.toThrow('x');
    const bar = progress.bar('import');
    for (const done of [0, 1, 30, 60, 100]) bar.update(done, 100);
    bar.stop();
    const text = written.join('');
    expect(text).toMatch(/PostgreSQL +port 5433/);
    expect(text).toMatch(/engine +failed/);
    expect(text).toMatch(/import 25%\n +import 50%\n +import 100%\n$/);
    expect(text).not.toContain('\r');
  });
});

it('restarts for the allocator only on Linux and only once', () => {
  expect(needsRestart({ platform: 'linux', env: {} })).toBe(true);
  expect(needsRestart({ platform: 'linux', env: { MALLOC_MMAP_THRESHOLD_: '1', MALLOC_TRIM_THRESHOLD_: '1' } })).toBe(false);
  expect(needsRestart({ platform: 'darwin', env: {} })).toBe(false);
});
