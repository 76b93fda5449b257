import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterFailure, afterProbe, type Circuit, type CircuitLimits, closedCircuit, FAILURE_REASONS } from './circuit.ts';

const LIMITS: CircuitLimits = { timeoutsToOpen: 3, timeoutWindowMs: 1000, firstProbeMs: 100, maxProbeMs: 1500, probesToClose: 2, forgiveMs: 5000 };

const failed = (circuit: Circuit, atMs: number) => afterFailure(circuit, 'error', atMs, LIMITS);
const probed = (circuit: Circuit, isWell: boolean, atMs: number) => afterProbe(circuit, isWell ? null : 'error', atMs, LIMITS);

describe('circuit', () => {
  it('opens at once for an error, is probed ever less often, and closes after two good probes', () => {
    let circuit = failed(closedCircuit(0), 10);
    expect(circuit).toMatchObject({ state: 'open', reason: 'error', sinceMs: 10, probeAtMs: 110 });
    const delays: number[] = [];
    for (let at = 110, tries = 0; tries < 6; tries++) {
      circuit = probed(circuit, false, at);
      delays.push(circuit.probeAtMs! - at);
      at = circuit.probeAtMs!;
    }
    expect(delays).toEqual([200, 400, 800, 1500, 1500, 1500]);
    expect(circuit.sinceMs).toBe(10);
    circuit = probed(circuit, true, 9000);
    expect(circuit).toMatchObject({ state: 'half-open', reason: 'error', probeAtMs: 9100 });
    circuit = probed(circuit, true, 9100);
    expect(circuit).toMatchObject({ state: 'closed', reason: null, probeAtMs: null, sinceMs: 9100 });
  });

  it('opens again from half-open by a bad probe', () => {
    const halfOpen = probed(failed(closedCircuit(0), 0), true, 100);
    expect(probed(halfOpen, false, 200)).toMatchObject({ state: 'open', goodProbes: 0, probeAtMs: 400 });
  });

  it('goes on with its delay when it fails soon after closing, and starts anew later', () => {
    let circuit = failed(closedCircuit(0), 0);
    for (const atMs of [100, 200]) circuit = probed(circuit, true, atMs);
    expect(failed(circuit, 300).probeAtMs).toBe(300 + 200);
    expect(failed(circuit, 200 + 5001).probeAtMs).toBe(200 + 5001 + 100);
  });

  it('needs several timeouts in a window', () => {
    const late = (circuit: Circuit, atMs: number) => afterFailure(circuit, 'timeout', atMs, LIMITS);
    expect(late(late(closedCircuit(0), 1), 2).state).toBe('closed');
    expect(late(late(late(closedCircuit(0), 1), 2), 1001)).toMatchObject({ state: 'open', reason: 'timeout' });
    expect(late(late(late(closedCircuit(0), 1), 2), 1002).state).toBe('closed');
  });

  it('always has a next probe within the longest delay unless it is closed, whatever happens', () => {
    const event = fc.record({ kind: fc.constantFrom('failure', 'good', 'bad'), reason: fc.constantFrom(...FAILURE_REASONS), waitMs: fc.integer({ min: 0, max: 4000 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let nowMs = 0;
        let circuit = closedCircuit(0);
        for (const { kind, reason, waitMs } of events) {
          nowMs += waitMs;
          circuit = kind === 'failure' ? afterFailure(circuit, reason, nowMs, LIMITS) : afterProbe(circuit, kind === 'good' ? null : reason, nowMs, LIMITS);
          if (circuit.state === 'closed') expect([circuit.probeAtMs, circuit.reason]).toEqual([null, null]);
          else {
            expect(circuit.reason).not.toBeNull();
            expect(circuit.probeAtMs! - nowMs).toBeLessThanOrEqual(LIMITS.maxProbeMs);
          }
        }
      }),
    );
  });
});
