import { type Page } from 'playwright-core';

const WEBP_QUALITY = 0.86;

/** PNG to WebP, in the browser that took it. */
export async function toWebp(page: Page, png: Buffer): Promise<Buffer> {
  const base64 = await page.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', ${WEBP_QUALITY}).split(',')[1];
  })()`);
  return Buffer.from(base64 as string, 'base64');
}
