import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { heatmapPart } from './heatmap/heatmap.ts';
import { type Part } from './part.ts';
import { requestListPart } from './request-list.ts';

const PARTS: readonly Part[] = [heatmapPart, requestListPart];

/** How the console performs in a browser: `--part NAME` measures one part, otherwise all, one after the other. */
async function main(): Promise<void> {
  const wanted = option('part', 'all');
  const parts = PARTS.filter(({ name }) => wanted === 'all' || wanted === name);
  if (parts.length === 0) throw new Error(`--part: give all or one of ${PARTS.map(({ name }) => name).join(', ')}`);
  console.log(describeMachine());
  for (const { name, measure } of parts) {
    console.log(`\n${name}`);
    await withHome(measure);
  }
}

await main();
