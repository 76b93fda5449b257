import { expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it('parses and formats', () => {
  const header = `00-${TRACE}-${SPAN}-01`;
  const parsed = parseTraceparent(header);
  expect(parsed).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
  expect(formatTraceparent(parsed ?? undefined)).toBe(header);
  expect(parseTraceparent(`01-${TRACE}-${SPAN}-00-later`)).toMatchObject({ traceFlags: 0 });
});

it.each([undefined, '', 'x', `ff-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01-more`, `00-${'0'.repeat(32)}-${SPAN}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`])(
  'takes %s for none',
  (header) => {
    expect(parseTraceparent(header)).toBeNull();
  },
);
