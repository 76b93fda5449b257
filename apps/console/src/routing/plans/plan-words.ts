import { type ChangeEdit, type PlacementPlan } from '../../api/gen/types.gen.ts';
import { formatPercent } from '../../ui/format.ts';

export type Policy = 'drop' | 'reroute' | 'pad';
type LayerPlan = NonNullable<PlacementPlan['layers']>[number];

/** One row for each expert of each layer, with the devices that hold it. */
export function placementRows(layers: readonly LayerPlan[]): (string | number)[][] {
  return layers.flatMap(({ layer, devices }) => devices.map((holders, expert) => [layer, expert, holders.length, holders.join(' ')]));
}

export function copiesText(copied: LayerPlan['copied']): string {
  return copied.length === 0 ? 'none' : copied.map(({ expert, copies }) => `${expert} × ${copies}`).join(', ');
}

export interface Forecast {
  readonly factor: number;
  readonly droppedShare: number;
  /** Requests that it was made of. */
  readonly requests: number;
}

/** The change request that sets a capacity factor, per request, with what the forecast says of it. */
export function capacityChange(model: string, policy: Policy, { factor, droppedShare, requests }: Forecast): ChangeEdit {
  return {
    title: `Capacity factor ${factor}, ${policy}`,
    reason: `Capacity per request, policy ${policy}. Of ${requests} recorded requests it would have dropped ${formatPercent(droppedShare, 3)} of the selections.`,
    change: { type: 'change-routing-settings', model, settings: { capacity: { factor, policy, scope: 'request' } }, strategy: { kind: 'at-once' } },
  };
}
