import { type Probe } from '../probe/probe.ts';
import { type Json } from '../run/run.ts';
import { counterfactual, replay } from './counterfactual.ts';
import { descend, type Releases } from './descend.ts';
import { exchange } from './exchange.ts';
import { knockOut } from './knock-out.ts';
import { type AttributionLayout, type Place, swapCells } from './layout.ts';
import { scoreTable } from './parts.ts';
import { composed } from './players.ts';
import { descents, expertSizes, minus, rankedPlayers, rankedUnits } from './shares.ts';
import { type Text } from '../suite/likelihood-texts.ts';
import { encoded, itemBits, rowsOf, scoredBytes } from './texts.ts';

/** Measures one step. @param earlier the parts it depends on, from the first step on */
export async function measurePlace(place: Place, layout: AttributionLayout, earlier: readonly Json[], releases: Releases, texts: readonly Text[], probe: Probe): Promise<Json> {
  const { reference, candidate } = releases;
  if (place.kind === 'outline') return { items: texts.length };
  if (place.kind === 'score') {
    const { itemsPerStep } = layout.settings;
    const own = texts.slice(place.chunk * itemsPerStep, (place.chunk + 1) * itemsPerStep);
    const tokens = await encoded(probe, reference, own);
    const bits = await itemBits(probe, composed(reference, candidate, layout.players, place.coalition), tokens);
    return { bits, bytes: await scoredBytes(probe, reference, own, tokens), rows: rowsOf(tokens) };
  }
  const table = scoreTable(layout, earlier);
  const tokens = (): Promise<Uint32Array[]> => encoded(probe, reference, texts);
  const { players } = layout;
  switch (place.kind) {
    case 'descend': {
      const unit = descents(layout, table)[place.rank];
      return unit === undefined ? null : await descend(layout, table, unit, place.pair, releases, probe, await tokens());
    }
    case 'replay':
      return isSmall(layout, table) ? NO_CHANGE : await replay(releases, probe, await tokens());
    case 'knock-out': {
      const player = rankedPlayers(layout, table, earlier, 'expert')[place.rank];
      return player === undefined || isSmall(layout, table) ? null : await knockOut(player, players, releases, probe, await tokens());
    }
    case 'exchange': {
      const chosen = isSmall(layout, table) ? [] : crowdedLayer(layout, table, earlier).slice(0, layout.settings.exchanged);
      return chosen.length < 2 ? null : await exchange(chosen, players, releases, probe, await tokens(), minus(table.bits(swapCells(players).both), table.bits(new Set())));
    }
    case 'counterfactual': {
      const layer = worstLayer(layout, table, earlier);
      return layer === null ? NO_CHANGE : ((await counterfactual(layer, releases, layout.settings, probe, await tokens())) as unknown as Json);
    }
  }
}

/** Experts that did less than this part of the change are not where they should not be. */
const MISPLACED_SHARE = 0.05;

const NO_CHANGE = 'nothing changed beyond the bound';

type Table = ReturnType<typeof scoreTable>;

function isSmall(layout: AttributionLayout, table: Table): boolean {
  return rankedUnits(layout, table).length === 0;
}

/** The changed experts of the layer whose expert did most, where two of them did something; by how much they did. */
function crowdedLayer(layout: AttributionLayout, table: Table, earlier: readonly Json[]): number[] {
  const { players } = layout;
  const sizes = new Map(expertSizes(layout, table, earlier));
  const ranked = [...sizes.keys()].toSorted((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
  const own = ranked.filter((player) => players[player]!.layer === players[ranked[0]!]!.layer);
  return own.filter((player) => sizes.get(player)! >= MISPLACED_SHARE).length < 2 ? [] : own;
}

/** The layer whose parts did most; null where nothing did. */
function worstLayer(layout: AttributionLayout, table: Table, earlier: readonly Json[]): number | null {
  for (const side of ['router', 'expert'] as const) {
    for (const player of rankedPlayers(layout, table, earlier, side)) {
      const { layer } = layout.players[player]!;
      if (layer !== null && layerUnits(layout, layer).includes(rankedUnits(layout, table)[0] ?? -1)) return layer;
    }
  }
  return null;
}

function layerUnits({ units, players }: AttributionLayout, layer: number): number[] {
  return [...units.keys()].filter((unit) => units[unit]!.members.some((player) => players[player]!.layer === layer));
}
