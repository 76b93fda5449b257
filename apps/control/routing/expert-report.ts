import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { expertName } from '#libs/release/component';
import { type ExpertFigure } from '#libs/store/figures/expert-figures';
import { mergedQuantilesMs } from './latency.ts';

type ExpertBody = RouteOutput<typeof ROUTES.getExperts>['experts'][number];

/** Every expert of a release in order, those that never ran too: their weights take memory as well. */
export function expertReport(
  shape: { readonly layers: number; readonly experts: number },
  layer: number | null,
  figures: readonly ExpertFigure[],
  sizesBytes: Readonly<Record<string, number>>,
): ExpertBody[] {
  const figureOf = new Map(figures.map((figure) => [expertName(figure.layer, figure.expert), figure]));
  const layers = layer === null ? Array.from({ length: shape.layers }, (_, at) => at) : [layer];
  return layers.flatMap((at) =>
    Array.from({ length: shape.experts }, (_, expert): ExpertBody => {
      const name = expertName(at, expert);
      const { tokens = 0, runs = 0, sketches = [] } = figureOf.get(name) ?? {};
      return { layer: at, expert, tokens, runs, latencyMs: mergedQuantilesMs(sketches), weightBytes: sizesBytes[name] ?? null };
    }),
  );
}
