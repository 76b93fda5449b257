import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ActivationHistory } from '#libs/store/activation/activation-history';
import { Activations } from '#libs/store/activation/activations';
import { ObservedActivations } from '#libs/store/activation/observed-activations';
import { Recalls } from '#libs/store/activation/recalls';
import { TouchedRequests } from '#libs/store/activation/touched-requests';
import { GovernanceModes } from '#libs/store/changes/governance-modes';
import { Protections } from '#libs/store/protection/protections';
import { PROCESSES } from '../processes/processes-port.ts';
import { ProcessesController } from '../processes/processes.controller.ts';
import { ProtectionGuard } from '../protection/protection-guard.ts';
import { RecallDesk } from '../recall/recall-desk.ts';
import { RECALLS, TOUCHED_REQUESTS } from '../recall/recall-port.ts';
import { RecallController } from '../recall/recall.controller.ts';
import { TouchedReports } from '../recall/touched-reports.ts';
import { type ControlSettings } from '../settings.ts';
import { ActivationDesk } from './activation-desk.ts';
import { ACTIVATION_HISTORY, ACTIVATIONS, GOVERNANCE_MODE } from './activation-ports.ts';
import { ActivationsController } from './activations.controller.ts';
import { ModelsController } from './models.controller.ts';

export const activationControllers = [ActivationsController, ModelsController, ProcessesController, RecallController];
export const activationProviders: Provider[] = [ActivationDesk, RecallDesk, TouchedReports];

export function storedActivationDesk(dataSource: DataSource, settings: Pick<ControlSettings, 'now'>): ActivationDesk {
  return new ActivationDesk(new Activations(dataSource), new GovernanceModes(dataSource), settings, new ProtectionGuard(new Protections(dataSource), settings));
}

/** Ports over the store. */
export const storedActivationPorts: Provider[] = [
  { provide: ACTIVATIONS, inject: [DataSource], useFactory: (dataSource: DataSource) => new Activations(dataSource) },
  { provide: ACTIVATION_HISTORY, inject: [DataSource], useFactory: (dataSource: DataSource) => new ActivationHistory(dataSource) },
  { provide: PROCESSES, inject: [DataSource], useFactory: (dataSource: DataSource) => new ObservedActivations(dataSource) },
  { provide: RECALLS, inject: [DataSource], useFactory: (dataSource: DataSource) => new Recalls(dataSource) },
  { provide: TOUCHED_REQUESTS, inject: [DataSource], useFactory: (dataSource: DataSource) => new TouchedRequests(dataSource) },
  { provide: GOVERNANCE_MODE, inject: [DataSource], useFactory: (dataSource: DataSource) => new GovernanceModes(dataSource) },
];
