import { Check } from 'lucide-react';
import { useMe } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { Loaded } from '../ui/states.tsx';
import { useRoles } from './permissions.ts';

/** Which role may do what. */
export function Roles() {
  const own = useMe()?.roles ?? [];
  return (
    <Loaded query={useRoles()} rows={8}>
      {({ roles, permissions }) => (
        <>
          <Card title="Roles" lead="An account can have some of these together. Roles are fixed; what they allow changes with a new version only." isFlush>
            <DataTable
              caption="Roles and whom they are for"
              rows={roles}
              rowKey={({ role }) => role}
              columns={[
                { id: 'role', header: 'Role', isRowHeader: true, cell: ({ role }) => <span className="flex flex-wrap items-center gap-2 font-medium">{role} {own.includes(role) && <Badge tone="accent">yours</Badge>}</span> },
                { id: 'meaning', header: 'For whom', cell: ({ meaning }) => meaning },
              ]}
            />
          </Card>
          <Card title="What each may do" isFlush>
            <DataTable
              caption="Permissions by role"
              rows={permissions}
              rowKey={({ permission }) => permission}
              columns={[
                {
                  id: 'permission',
                  header: 'Permission',
                  isRowHeader: true,
                  cell: ({ permission, meaning }) => (
                    <>
                      <span className="font-medium">{permission}</span>
                      <span className="block min-w-52 text-xs text-ink-soft">{meaning}</span>
                    </>
                  ),
                },
                ...roles.map(({ role, permissions: allowed }) => ({
                  id: role,
                  header: role,
                  cell: ({ permission }: { readonly permission: (typeof allowed)[number] }) =>
                    allowed.includes(permission) ? (
                      <span className="inline-flex text-ok">
                        <Check size={16} aria-hidden />
                        <span className="sr-only">yes</span>
                      </span>
                    ) : (
                      <span className="text-ink-soft">
                        <span aria-hidden>·</span>
                        <span className="sr-only">no</span>
                      </span>
                    ),
                })),
              ]}
            />
          </Card>
        </>
      )}
    </Loaded>
  );
}
