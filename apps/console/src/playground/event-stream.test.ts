import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventData } from './event-stream.ts';

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function read(chunks: readonly Uint8Array[]): Promise<string[]> {
  const data: string[] = [];
  for await (const text of eventData(streamOf(chunks))) data.push(text);
  return data;
}

describe('eventData', () => {
  it('gives the data of each event, whatever else stands between', async () => {
    const text = ': hello\n\ndata: {"a":1}\n\nevent: x\ndata: two\ndata: lines\n\ndata: [DONE]\n\n';
    expect(await read([new TextEncoder().encode(text)])).toEqual(['{"a":1}', 'two\nlines', '[DONE]']);
  });

  it('does not give an event that was cut off', async () => {
    expect(await read([new TextEncoder().encode('data: a\n\ndata: b')])).toEqual(['a']);
  });

  it('gives the same wherever the bytes are cut, within a character too', async () => {
    const bytes = new TextEncoder().encode('data: grüße 🚂\r\n\r\ndata: zwei\r\n\r\n');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length }), { maxLength: 6 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(await read(chunks)).toEqual(['grüße 🚂', 'zwei']);
      }),
    );
  });
});
