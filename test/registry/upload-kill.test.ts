import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { sha256Of } from './registry-house.ts';

let home = '';
let signalbox: SignalboxProcess;

beforeAll(async () => {
  home = newTemporaryHome('upload-kill-');
  signalbox = new SignalboxProcess(home, await freePort(), { SIGNALBOX_DEMO_MODEL: 'off' });
  await signalbox.start();
});
afterAll(async () => {
  await signalbox?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** A router of some megabytes. */
function routerFile(): Uint8Array<ArrayBuffer> {
  const { bytes, fileBytes } = encodeTensorHeader([{ name: 'weight', dtype: 'F32', shape: [512, 2048] }]);
  const file = new Uint8Array(fileBytes);
  file.set(bytes);
  const weights = new Float32Array(file.buffer, bytes.byteLength);
  for (let at = 0; at < weights.length; at += 1) weights[at] = (at % 1009) / 1009;
  return file;
}

async function call(path: string, init: { method: string; body: string | Uint8Array<ArrayBuffer>; type: string }): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- the fields are asserted
  const answer = await fetch(`${signalbox.url}/api/v1${path}`, { method: init.method, headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': init.type }, body: init.body });
  return answer.json();
}

it('goes on where it was after kill -9 in the middle of a piece', async () => {
  const bytes = routerFile();
  const sha256 = sha256Of(bytes);
  const { uploadId } = await call('/uploads', { method: 'POST', type: 'application/json', body: JSON.stringify({ sha256, sizeBytes: bytes.byteLength, kind: 'router' }) });
  const offset = async (): Promise<number> => (await signalbox.json<{ offsetBytes: number }>(`/api/v1/uploads/${uploadId}`)).offsetBytes;

  // A request whose body stays open: the first megabyte is there, the rest never comes.
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(bytes.subarray(0, 1_000_000)) });
  const cut = fetch(`${signalbox.url}/api/v1/uploads/${uploadId}?offset=0`, {
    method: 'PUT', body, duplex: 'half', headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/octet-stream' },
  }).then(() => 'answered', () => 'cut');
  await until(async () => (await offset()) === 1_000_000, 120_000);
  await signalbox.kill();
  expect(await cut).toBe('cut');

  await signalbox.start();
  const kept = await offset();
  // What the system had taken from the process is not lost with it.
  expect(kept).toBe(1_000_000);
  const put = (from: number, to: number) => call(`/uploads/${uploadId}?offset=${from}`, { method: 'PUT', type: 'application/octet-stream', body: bytes.subarray(from, to) });
  expect(await put(0, 10)).toMatchObject({ code: 'wrong_offset' });
  expect(await put(kept, 3_000_000)).toMatchObject({ state: 'open', offsetBytes: 3_000_000 });
  expect(await put(3_000_000, bytes.byteLength)).toMatchObject({ state: 'finished' });
  expect(await signalbox.json(`/api/v1/components/${sha256}`)).toMatchObject({ present: true, kind: 'router', sizeBytes: bytes.byteLength });
  expect(sha256Of(readFileSync(join(home, 'state', 'components', sha256.slice(0, 2), sha256)))).toBe(sha256);
});
