import { HouseController } from './house.controller.ts';
import { TenantReports } from './tenant-reports.ts';

export const houseControllers = [HouseController];
export const houseProviders = [TenantReports];
