import { createHmac } from 'node:crypto';
import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PrivacyBudget } from '#libs/store/privacy/privacy-budget';
import { NOISE_KEY, PRIVACY_BUDGET } from './private-usage-ports.ts';
import { PrivateUsageReports } from './private-usage-reports.ts';
import { PrivateUsageController } from './private-usage.controller.ts';

export const privateUsageControllers = [PrivateUsageController];
export const privateUsageProviders: readonly Provider[] = [PrivateUsageReports];

/** Ports over the store. @param traceKey its noise is made under a key of its own that comes of this one */
export function storedPrivateUsagePorts(traceKey: Uint8Array): readonly Provider[] {
  return [
    { provide: PRIVACY_BUDGET, inject: [DataSource], useFactory: (dataSource: DataSource) => new PrivacyBudget(dataSource) },
    { provide: NOISE_KEY, useValue: createHmac('sha256', traceKey).update('signalbox.noise-key/1').digest() },
  ];
}
