import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Tenants } from '#libs/store/accounts/tenants';

export const TENANTS = Symbol('Tenants');
export type TenantsPort = Pick<Tenants, 'list'>;

export const storedHousePorts: readonly Provider[] = [{ provide: TENANTS, inject: [DataSource], useFactory: (dataSource: DataSource) => new Tenants(dataSource) }];
