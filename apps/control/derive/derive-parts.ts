import { join } from 'node:path';
import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { importsAlone } from '../imports/stored-importer.ts';
import { type ControlSettings } from '../settings.ts';
import { DerivationDesk } from './derivation-desk.ts';
import { DerivationsController } from './derivations.controller.ts';
import { RELEASE_DERIVER } from './derive-ports.ts';
import { releaseDeriver } from './release-deriver.ts';
import { saveDerived } from './stored-derived-releases.ts';

export const deriveControllers = [DerivationsController];
export const deriveProviders: Provider[] = [DerivationDesk];

/** Ports over the store. @param home SIGNALBOX_HOME */
export function storedDerivePorts(home: string, components: Promise<ComponentStore>, settings: Pick<ControlSettings, 'now'>): Provider[] {
  return [
    {
      provide: RELEASE_DERIVER,
      inject: [DataSource],
      useFactory: async (dataSource: DataSource) =>
        releaseDeriver({ components: await components, journalDirectory: join(home, 'imports'), save: saveDerived(dataSource), alone: importsAlone(dataSource), now: settings.now }),
    },
  ];
}
