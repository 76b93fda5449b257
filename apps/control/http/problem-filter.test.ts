import { type ArgumentsHost, Logger, NotFoundException } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProblemFilter } from './problem-filter.ts';

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

function answerTo(error: unknown): Answer {
  const answer: Answer = { status: 0, headers: {}, body: {} };
  const reply = {
    status: (status: number) => ((answer.status = status), reply),
    header: (name: string, value: string) => ((answer.headers[name] = value), reply),
    send: (body: Record<string, unknown>) => ((answer.body = body), reply),
  };
  new ProblemFilter().catch(error, { switchToHttp: () => ({ getResponse: () => reply }) } as unknown as ArgumentsHost);
  return answer;
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['error']));

it('says that the database is away, when to ask again, and not where it is', () => {
  const { status, headers, body } = answerTo(Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' }));
  expect(status).toBe(503);
  expect(headers).toMatchObject({ 'retry-after': '5', 'content-type': 'application/problem+json; charset=utf-8' });
  expect(body).toMatchObject({ code: 'database_unavailable', status: 503 });
  expect(JSON.stringify(body)).not.toContain('10.0.0.7');
});

it('tells nothing of a fault of its own, and keeps statuses that callers caused', () => {
  const fault = answerTo(new TypeError('secret'));
  expect([fault.status, fault.body['code'], fault.headers['retry-after']]).toEqual([500, 'internal_error', undefined]);
  expect(JSON.stringify(fault.body)).not.toContain('secret');
  expect(answerTo(new NotFoundException()).status).toBe(404);
});
