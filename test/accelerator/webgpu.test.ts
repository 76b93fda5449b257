import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { TINY_MIXTRAL } from '../fixtures/tiny-release.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { type PlanDifference } from './plan-difference.ts';

/** Where Debian's chromium keeps SwiftShader, a Vulkan device in software, and the loader for it. */
const CHROMIUM = '/usr/lib/chromium';
const DEVICE = `${CHROMIUM}/vk_swiftshader_icd.json`;

const home = newTemporaryHome('signalbox-webgpu-');

afterAll(() => rmSync(home, { recursive: true, force: true }));

async function onWebgpu(environment: Record<string, string>): Promise<PlanDifference> {
  const script = fileURLToPath(new URL('./on-webgpu.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=development', script, TINY_MIXTRAL, home], { env: { ...process.env, ...environment }, timeout: 280_000 });
  return JSON.parse(stdout) as PlanDifference;
}

describe('the whole-graph plan on WebGPU', () => {
  it('gives the logits of the split plan on the processor within 1e-3, and the same routing', async (context) => {
    if (!existsSync(DEVICE)) context.skip('chromium, which brings SwiftShader, is not installed');
    const difference = await onWebgpu({ VK_ICD_FILENAMES: DEVICE, LD_LIBRARY_PATH: CHROMIUM });
    process.stdout.write(`largest difference on WebGPU: ${JSON.stringify(difference)}\n`);
    expect(difference.rows).toBeGreaterThan(150);
    expect(difference.decisions).toBe(0);
    expect(difference.logits).toBeLessThan(1e-3);
    expect(difference.gates).toBeLessThan(1e-4);
  }, 300_000);

  it('does not run on the processor in silence where there is no device', async () => {
    await expect(onWebgpu({ VK_ICD_FILENAMES: '/nowhere.json', LD_LIBRARY_PATH: '' })).rejects.toThrow(/WebGPU adapter/);
  }, 60_000);
});
