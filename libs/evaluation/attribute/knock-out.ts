import { parseComponentName } from '#libs/release/component';
import { type Probe } from '../probe/probe.ts';
import { type Releases } from './descend.ts';
import { type KnockOutPart } from './parts.ts';
import { type Player } from './players.ts';
import { itemBits, rowsOf } from './texts.ts';

/** What the loss becomes without an expert, in the old release and in the new one. */
export async function knockOut(player: number, players: readonly Player[], { reference, candidate }: Releases, probe: Probe, tokens: readonly Uint32Array[]): Promise<KnockOutPart> {
  const parsed = parseComponentName(players[player]!.name);
  if (parsed?.kind !== 'expert') return null;
  const without = [{ layer: parsed.layer, expert: parsed.index }];
  const old = await itemBits(probe, reference, tokens, { without });
  const fresh = await itemBits(probe, candidate, tokens, { without });
  return { player, old, fresh, rows: 2 * rowsOf(tokens) };
}
