import { isMasked } from '#libs/moe/expert-mask';
import { type HealthState } from '../health/release-health.ts';
import { type ExpertCondition, type ReleaseHealthReport } from './engine.ts';

/**
 * What the engine tells of its experts, in Unix time.
 * @param nowMs monotonic, as in the state
 * @param unixMs the same moment
 */
export function healthReport(state: HealthState, { layers, experts }: { readonly layers: number; readonly experts: number }, nowMs: number, unixMs: number): ReleaseHealthReport {
  const toUnix = (ms: number): number => Math.round(ms - nowMs + unixMs);
  const conditions: ExpertCondition[] = [];
  const { quarantine } = state;
  const broken = new Map(state.broken.map(({ layer, expert, circuit }) => [layer * experts + expert, circuit]));
  const counts = { healthy: 0, quarantined: 0, open: 0, halfOpen: 0 };
  for (let at = 0; at < layers * experts; at++) {
    const place = { layer: Math.floor(at / experts), expert: at % experts };
    const circuit = broken.get(at);
    const isQuarantined = quarantine !== null && isMasked(quarantine, place.layer, place.expert);
    if (!circuit && !isQuarantined) {
      counts.healthy += 1;
      continue;
    }
    const condition: ExpertCondition = {
      ...place,
      state: isQuarantined ? 'quarantined' : circuit?.state === 'half-open' ? 'half-open' : 'open',
      reason: circuit?.reason ?? null,
      sinceMs: toUnix(isQuarantined ? state.quarantinedAtMs : (circuit?.sinceMs ?? nowMs)),
      probeAtMs: typeof circuit?.probeAtMs === 'number' ? toUnix(circuit.probeAtMs) : null,
    };
    counts[condition.state === 'half-open' ? 'halfOpen' : condition.state] += 1;
    conditions.push(condition);
  }
  return { experts: conditions, counts, failures: state.failures, exhaustedLayers: state.exhaustedLayers };
}
