import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { shares } from '#libs/stats/entropy';
import { mutualInformation } from '#libs/stats/mutual-information';
import { type LayerFigures } from '#libs/store/usage/usage-query';
import { clustered } from './reports.ts';

type ComparedLayer = NonNullable<RouteOutput<typeof ROUTES.compareUsage>['layers']>[number];

/**
 * Layers that both sides used, with the divergence of their expert use. Jensen-Shannon divergence in bits is
 * the mutual information of side and expert when both sides weigh alike (Lin 1991), so its estimate, bias and
 * interval are those of that.
 */
export function compareLayers(one: readonly LayerFigures[], other: readonly LayerFigures[], topK: number): ComparedLayer[] {
  return one.flatMap((layer): ComparedLayer[] => {
    const match = other.find((candidate) => candidate.layer === layer.layer);
    const found = match && mutualInformation([clustered(layer), clustered(match)], topK, 'equal');
    if (!match || !found) return [];
    const share = shares([...layer.load]);
    const otherShare = shares([...match.load]);
    return [
      {
        layer: layer.layer,
        divergenceBits: Math.min(1, found.bits),
        uncorrectedBits: found.uncorrectedBits,
        biasBits: found.biasBits,
        interval: found.interval,
        share,
        otherShare,
        ratio: share.map((own, expert) => ratioOf(own, otherShare[expert] ?? 0)),
      },
    ];
  });
}

function ratioOf(share: number, otherShare: number): number | null {
  return otherShare > 0 ? share / otherShare : null;
}
