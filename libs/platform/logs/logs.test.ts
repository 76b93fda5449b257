import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { nestLogger } from './nest-logger.ts';

function capture(readable = false) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', role: 'control', readable, destination: { write: (line) => lines.push(line) } });
  return { lines, logger, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with level and role in words', () => {
    const { logger, last } = capture();
    logger.info({ requestId: 'r1' }, 'answered');
    expect(last()).toMatchObject({ level: 'info', role: 'control', requestId: 'r1', msg: 'answered' });
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('keeps secrets out: headers, keys, and passwords inside URLs', () => {
    const { logger, lines } = capture();
    logger.info({ authorization: 'Bearer sbx_1', req: { headers: { authorization: 'Bearer sbx_2' } }, config: { adminKey: 'sbx_3' } }, 'x');
    logger.error({ err: new Error('cannot reach postgres://signalbox:sbx_4@127.0.0.1:5433/signalbox') }, 'redis://:sbx_5@cache:6379');
    expect(lines.join('')).not.toContain('sbx_');
    expect(lines.join('')).toContain('postgres://signalbox:[redacted]@127.0.0.1');
  });

  it('writes short lines for a terminal', () => {
    const { logger, lines } = capture(true);
    logger.warn('spool is filling');
    expect(lines[0]).toContain('warn: spool is filling');
    expect(lines[0]).not.toContain('{');
  });
});

describe('nestLogger', () => {
  it('keeps the context, the cause of errors, and quiet about wiring', () => {
    const { logger, lines, last } = capture();
    const nest = nestLogger(logger);
    nest.log('Mapped {/v1} route', 'RouterExplorer');
    expect(lines).toEqual([]);
    nest.error('broken', 'Error: broken\n  at x', 'Keys');
    expect(last()).toMatchObject({ level: 'error', msg: 'broken', context: 'Keys', stack: 'Error: broken\n  at x' });
    nest.warn(new Error('odd'));
    expect(last()).toMatchObject({ level: 'warn', msg: 'odd', err: { message: 'odd' } });
  });
});
