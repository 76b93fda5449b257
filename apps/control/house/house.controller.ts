import { Controller, Inject } from '@nestjs/common';
import { PERMISSION_MEANINGS, ROLE_MEANINGS } from '#libs/governance/access/meanings';
import { PERMISSIONS, ROLE_PERMISSIONS, ROLES } from '#libs/governance/access/permissions';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { hasPermission, type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { providerName, settingsBody } from './settings-view.ts';
import { TenantReports } from './tenant-reports.ts';

type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Tells how the installation is set up. */
@Controller()
export class HouseController {
  constructor(
    private readonly tenants: TenantReports,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.getSignInMethods)
  async methods(): Out<'getSignInMethods'> {
    const oidc = this.settings.access?.oidc;
    return { key: true, oidc: oidc ? { name: providerName(oidc) } : null };
  }

  @Endpoint(ROUTES.getRoles)
  async roles(): Out<'getRoles'> {
    return {
      roles: ROLES.map((role) => ({ role, meaning: ROLE_MEANINGS[role], permissions: [...ROLE_PERMISSIONS[role]] })),
      permissions: PERMISSIONS.map((permission) => ({ permission, meaning: PERMISSION_MEANINGS[permission] })),
    };
  }

  @Endpoint(ROUTES.listTenants)
  listTenants(@Input() { query }: RouteInput<typeof ROUTES.listTenants>): Out<'listTenants'> {
    return this.tenants.list(query);
  }

  @Endpoint(ROUTES.getSettings)
  async getSettings(@Caller() caller: Principal): Out<'getSettings'> {
    return settingsBody(this.settings, hasPermission(caller, 'administer') && caller.tenant === null);
  }
}
