import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChangePolicies } from '#libs/store/changes/change-policies';
import { Changes } from '#libs/store/changes/changes';
import { FreezeWindows } from '#libs/store/changes/freeze-windows';
import { GovernanceModes } from '#libs/store/changes/governance-modes';
import { FREEZES, FreezesController } from '../freezes/freezes.controller.ts';
import { type ControlSettings } from '../settings.ts';
import { ApplicationDesk } from './application-desk.ts';
import { ChangeCalendar } from './change-calendar.ts';
import { ChangeClock } from './change-clock.ts';
import { ChangeDesk } from './change-desk.ts';
import { ChangeEffects } from './change-effects.ts';
import { CHANGE_POLICIES, CHANGE_STATE, CHANGES, GOVERNANCE_MODES } from './change-ports.ts';
import { ChangePreviews } from './change-preview.ts';
import { ChangeQueue } from './change-queue.ts';
import { ChangeQueueController } from './change-queue.controller.ts';
import { ChangeView } from './change-view.ts';
import { ChangeActsController, ChangeApplicationsController, ChangesController } from './changes.controller.ts';
import { Dossiers } from './dossier.ts';
import { PoliciesController } from './policies.controller.ts';
import { PolicyDesk } from './policy-desk.ts';
import { SettingsEffects } from './settings-effects.ts';
import { StoredChangeState } from './stored-change-state.ts';

export const changeControllers = [ChangeQueueController, ChangesController, ChangeActsController, ChangeApplicationsController, PoliciesController, FreezesController];
export const changeProviders: Provider[] = [ChangeDesk, ApplicationDesk, ChangeEffects, SettingsEffects, ChangeView, ChangeQueue, ChangePreviews, ChangeCalendar, Dossiers, PolicyDesk, ChangeClock];

/** Ports over the store. */
export function storedChangePorts(settings: Pick<ControlSettings, 'now'>): Provider[] {
  return [
    { provide: CHANGES, inject: [DataSource], useFactory: (dataSource: DataSource) => new Changes(dataSource) },
    { provide: CHANGE_POLICIES, inject: [DataSource], useFactory: (dataSource: DataSource) => new ChangePolicies(dataSource) },
    { provide: FREEZES, inject: [DataSource], useFactory: (dataSource: DataSource) => new FreezeWindows(dataSource) },
    { provide: GOVERNANCE_MODES, useExisting: GovernanceModes },
    { provide: CHANGE_STATE, inject: [DataSource], useFactory: (dataSource: DataSource) => new StoredChangeState(dataSource, new ChangePolicies(dataSource), new FreezeWindows(dataSource), settings.now) },
  ];
}
