import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#libs/platform/postgres/embedded-postgres';
import { createDataSource } from '#libs/store/data-source';
import { launchChromium } from '../../harness/chromium.ts';
import { option } from '../../harness/options.ts';
import { startSignalbox } from '../../harness/signalbox.ts';
import { format, quantile, summarise } from '../../harness/summary.ts';
import { type Part } from '../part.ts';
import { type MapFigures, measureConsole, measurePeer } from './rounds.ts';
import { WIDE, writeWideModel } from './wide-model.ts';

const PORT = 7196;
/** A frame that took longer than this was seen to be late on a display of 60 Hz. */
const LATE_MS = 25;
const DRAWERS = ['console', 'svg', 'echarts'] as const;
type Drawer = (typeof DRAWERS)[number];

/** The map of a model of 58 layers with 256 experts, against SVG and ECharts. */
export const heatmapPart: Part = {
  name: 'heatmap',
  measure: async (home) => {
    const rounds = Number(option('rounds', '7'));
    const postgresHome = join(home, 'database');
    mkdirSync(postgresHome, { recursive: true });
    const postgres = await startEmbeddedPostgres({ home: postgresHome, log: () => undefined });
    try {
      const signalbox = await startSignalbox('console', PORT, home, { DATABASE_URL: postgres.url });
      try {
        const store = await createDataSource({ url: postgres.url, applicationName: 'bench' }).initialize();
        await writeWideModel(store, Date.now());
        await store.destroy();
        const browser = await launchChromium();
        try {
          const figures: Record<Drawer, MapFigures>[] = [];
          // The first round warms caches and does not count.
          for (let round = -1; round < rounds; round += 1) {
            const one = { console: await measureConsole(browser, signalbox), svg: await measurePeer(browser, signalbox, 'svg'), echarts: await measurePeer(browser, signalbox, 'echarts') };
            if (round >= 0) figures.push(one);
          }
          console.log(`${WIDE.layers} layers x ${WIDE.experts} experts = ${WIDE.layers * WIDE.experts} cells, Chromium ${browser.version()}, ${rounds} rounds in turn, median (least to most)`);
          report(figures);
        } finally {
          await browser.close();
        }
      } finally {
        await signalbox.process.stop();
      }
    } finally {
      await postgres.stop();
    }
  },
};

function report(rounds: readonly Record<Drawer, MapFigures>[]): void {
  const figure = (of: (figures: MapFigures) => number, drawer: Drawer, digits: number): string => format(summarise(rounds.map((round) => of(round[drawer]))), digits);
  const ratio = (of: (figures: MapFigures) => number, peer: Drawer): string => format(summarise(rounds.map((round) => of(round[peer]) / of(round.console))), 2);
  const row = (name: string, of: (figures: MapFigures) => number, digits = 1): void => {
    console.log(`${name}\n  ${DRAWERS.map((drawer) => `${drawer} ${figure(of, drawer, digits)}`).join('; ')}\n  peer / console: svg ${ratio(of, 'svg')}, echarts ${ratio(of, 'echarts')}`);
  };
  console.log(`first map, ms: console ${figure(({ firstMs }) => firstMs, 'console', 0)} from the start of the navigation, API and all; svg ${figure(({ firstMs }) => firstMs, 'svg', 0)} and echarts ${figure(({ firstMs }) => firstMs, 'echarts', 0)} from data that are in the page`);
  row('all cells in another order, ms to the frame that shows it', ({ redrawMs }) => redrawMs);
  row('main thread per pointer move, ms', ({ pointing }) => pointing.mainThreadMs, 2);
  row('main thread per wheel step, ms', ({ scrolling }) => scrolling.mainThreadMs, 2);
  for (const [name, of] of [['pointing', ({ pointing }: MapFigures) => pointing.frameMs], ['scrolling', ({ scrolling }: MapFigures) => scrolling.frameMs]] as const) {
    const told = DRAWERS.map((drawer) => {
      const frames = rounds.flatMap((round) => of(round[drawer]));
      const late = frames.filter((ms) => ms > LATE_MS).length / frames.length;
      return `${drawer} p50 ${quantile(frames, 0.5).toFixed(1)}, p95 ${quantile(frames, 0.95).toFixed(1)}, most ${quantile(frames, 1).toFixed(1)}, late ${(100 * late).toFixed(1)}%`;
    });
    console.log(`frames while ${name}, ms\n  ${told.join('; ')}`);
  }
  const events = rounds.flatMap(({ console: own }) => own.interactionMs);
  console.log(`keys and choices in the console, event to frame, ms (Event Timing, those of 16 and more): ${events.length === 0 ? 'none' : `${events.length}, p50 ${quantile(events, 0.5).toFixed(0)}, p98 ${quantile(events, 0.98).toFixed(0)}, most ${quantile(events, 1).toFixed(0)}`}`);
}
