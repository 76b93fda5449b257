import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium of this machine, without a window. @throws Error where there is none */
export async function launchChromium(): Promise<Browser> {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error('install chromium: the console is measured in it');
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}
