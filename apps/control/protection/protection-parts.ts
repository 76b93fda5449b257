import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Protections } from '#libs/store/protection/protections';
import { ProtectedExpertsController } from './protected-experts.controller.ts';
import { ProtectionDesk } from './protection-desk.ts';
import { ProtectionGuard } from './protection-guard.ts';
import { PROTECTIONS } from './protection-ports.ts';

export const protectionControllers = [ProtectedExpertsController];
export const protectionProviders: Provider[] = [ProtectionDesk];
/** For all parts whose acts may take experts away. */
export const protectionGuard: Provider[] = [ProtectionGuard];

/** Ports over the store. */
export const storedProtectionPorts: Provider[] = [{ provide: PROTECTIONS, inject: [DataSource], useFactory: (dataSource: DataSource) => new Protections(dataSource) }];
