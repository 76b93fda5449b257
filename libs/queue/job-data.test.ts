import { describe, expect, it } from 'vitest';
import { parseJobData } from './job-data.ts';

const spool = { version: 1, batchId: 'b', requests: 2, transport: 'spool', directory: '/d', file: 'f', bytes: 9, sha256: 'aa' };
const inline = { version: 1, batchId: 'b', requests: 2, transport: 'inline', data: 'AA==', sha256: 'aa' };

describe('parseJobData', () => {
  it('takes both kinds of job and nothing beyond their fields', () => {
    expect(parseJobData({ job: spool, traceparent: 't' })).toEqual({ job: spool, traceparent: 't' });
    expect(parseJobData({ job: { ...inline, other: 1 } })).toEqual({ job: inline, traceparent: null });
  });

  it('names the field that is wrong', () => {
    expect(() => parseJobData(null)).toThrow(/job data/);
    expect(() => parseJobData({ job: { ...spool, version: 2 } })).toThrow(/version is 2/);
    expect(() => parseJobData({ job: { ...spool, transport: 'pigeon' } })).toThrow(/transport is pigeon/);
    expect(() => parseJobData({ job: { ...spool, directory: 7 } })).toThrow(/directory/);
    expect(() => parseJobData({ job: { ...inline, requests: -1 } })).toThrow(/requests/);
  });
});
