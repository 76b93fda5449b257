import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { currentTraceparent, startTracing, withSpan } from './tracing.ts';

it('loads nothing and carries nothing unless asked', async () => {
  for (const env of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }]) {
    expect((await startTracing(env, 'test')).exporting).toBe(false);
  }
  expect(await withSpan('work', {}, async () => currentTraceparent())).toBeNull();
  await expect(withSpan('work', {}, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

it('sends spans over OTLP, and a job goes on in the trace of its request', async () => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString('latin1'));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const code = `const { startTracing, withSpan, currentTraceparent } = await import('${new URL('./tracing.ts', import.meta.url).href}');
    const tracing = await startTracing(process.env, 'signalbox-test');
    const carried = await withSpan('serve request', {}, async () => currentTraceparent());
    const again = await withSpan('write batch', { traceparent: carried, attributes: { 'moe.capture.traces': 3 } }, async () => currentTraceparent());
    await tracing.shutdown();
    console.log(JSON.stringify([tracing.exporting, carried, again]));`;
  const env = { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const args = ['--conditions=development', '--input-type=module', '--eval', code];
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { env }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
  collector.close();
  const [exporting, carried, again] = JSON.parse(output) as [boolean, string, string];
  expect(exporting).toBe(true);
  expect(carried).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(again.split('-')[1]).toBe(carried.split('-')[1]);
  expect(again).not.toBe(carried);
  const sent = bodies.join('');
  for (const text of ['serve request', 'write batch', 'signalbox-test', 'moe.capture.traces']) expect(sent).toContain(text);
});
