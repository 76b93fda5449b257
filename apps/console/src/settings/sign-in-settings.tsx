import { useQuery } from '@tanstack/react-query';
import { getSettingsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Settings } from '../api/gen/types.gen.ts';
import { useMay } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { SettingList } from './setting-list.tsx';

type Oidc = NonNullable<Settings['signIn']['oidc']>;

/** By which ways people come in. */
export function SignInSettings() {
  const mayRead = useMay('read');
  const query = useQuery({ ...getSettingsOptions(), enabled: mayRead });
  if (!mayRead) return <NotAllowed permission="read">How people sign in is part of the settings.</NotAllowed>;
  return (
    <Loaded query={query} rows={6}>
      {({ signIn: { publicUrl, oidc } }) => (
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <Card title="With a key" lead="Always possible: whoever has a key can open a session with it.">
            <SettingList settings={[{ name: 'Address of this server', value: publicUrl ?? 'as the request says', meaning: 'Cookies and the address to which a provider sends people back go by it.', variable: 'SIGNALBOX_PUBLIC_URL' }]} />
          </Card>
          <Card title="With a provider" lead="OpenID Connect: authorization code with PKCE.">
            {oidc === null ? <NoProvider publicUrl={publicUrl} /> : <Provider oidc={oidc} />}
          </Card>
          {oidc?.roleMap && (
            <Card title="Groups and their roles" lead="At each sign-in the groups of the provider set the roles, in place of those given here." isFlush className="xl:col-span-2">
              <Groups groups={oidc.roleMap} />
            </Card>
          )}
        </div>
      )}
    </Loaded>
  );
}

function NoProvider({ publicUrl }: { readonly publicUrl: string | null }) {
  return (
    <Empty title="No provider is set">
      <p>
        Set <code className="font-mono">SIGNALBOX_OIDC_ISSUER</code>, <code className="font-mono">SIGNALBOX_OIDC_CLIENT_ID</code> and <code className="font-mono">SIGNALBOX_OIDC_CLIENT_SECRET</code>, and register this address with the provider:
      </p>
      <p className="mt-2 font-mono text-xs wrap-anywhere">{publicUrl ?? window.location.origin}/api/v1/session/oidc/callback</p>
    </Empty>
  );
}

function Provider({ oidc: { name, issuer, emailDomains, roleClaim } }: { readonly oidc: Oidc }) {
  return (
    <SettingList
      settings={[
        { name: 'Name', value: name, variable: 'SIGNALBOX_OIDC_NAME' },
        { name: 'Issuer', value: <span className="wrap-anywhere">{issuer}</span>, variable: 'SIGNALBOX_OIDC_ISSUER' },
        { name: 'E-mail domains that may sign in', value: emailDomains.length === 0 ? 'any' : emailDomains.join(', '), variable: 'SIGNALBOX_OIDC_EMAIL_DOMAINS' },
        { name: 'Claim that lists the groups', value: roleClaim ?? 'none', meaning: roleClaim === null ? 'Who signs in for the first time has no role until an administrator gives one.' : undefined, variable: 'SIGNALBOX_OIDC_ROLE_CLAIM' },
      ]}
    />
  );
}

function Groups({ groups }: { readonly groups: NonNullable<Oidc['roleMap']> }) {
  return (
    <DataTable
      caption="Groups of the provider and their roles"
      rows={groups}
      rowKey={({ group }) => group}
      columns={[
        { id: 'group', header: 'Group', isRowHeader: true, cell: ({ group }) => <span className="font-medium">{group}</span> },
        {
          id: 'roles',
          header: 'Roles',
          cell: ({ roles }) => (
            <span className="flex flex-wrap gap-1">
              {roles.map((role) => (
                <Badge key={role} tone="accent">
                  {role}
                </Badge>
              ))}
            </span>
          ),
        },
      ]}
      empty={<Empty title="No group gives a role">Who signs in has no role until an administrator gives one.</Empty>}
    />
  );
}
