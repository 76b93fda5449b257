import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { getModelSignaturePolicyOptions, getSignaturePolicyOptions, listTrustedKeysOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useMay } from '../../session/session.ts';
import { useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/states.tsx';
import { PolicyDialog } from './policy-dialog.tsx';
import { LEVELS } from './signatures-card.tsx';

/** What must be signed, of the installation and of the chosen model. */
export function PolicyCard({ model }: { readonly model: string | null }) {
  const all = useQuery(getSignaturePolicyOptions());
  const own = useQuery({ ...getModelSignaturePolicyOptions({ path: { model: model ?? '' } }), enabled: model !== null });
  const keys = useQuery(listTrustedKeysOptions({ query: { limit: 200 } })).data?.items;
  const { ask } = useSearch({ from: '/shell/releases/trust' });
  const setSearch = useSetSearch();
  const mayAdminister = useMay('administer');
  const trustedKeys = keys?.filter(({ revokedAt }) => revokedAt === null).length;
  const close = (): void => setSearch({ ask: undefined });
  return (
    <Card title="Signature policy" lead={`Holds for releases that are loaded from then on.${mayAdminister ? '' : ' Changing it takes the permission administer.'}`}>
      <dl className="grid gap-3 text-sm sm:grid-cols-2">
        <div>
          <dt className="text-xs text-ink-soft">Installation</dt>
          <dd>
            <Loaded query={all} rows={1}>
              {({ inForce }) => LEVELS[inForce]}
            </Loaded>
            {mayAdminister && (
              <Button size="small" variant="quiet" aria-label="Change the policy of the installation" onClick={() => setSearch({ ask: 'policy' })}>
                Change…
              </Button>
            )}
          </dd>
        </div>
        {model !== null && (
          <div>
            <dt className="text-xs text-ink-soft">{model}</dt>
            <dd>
              <Loaded query={own} rows={1}>
                {({ level, inForce }) => `${level === null ? 'Follows the installation: ' : ''}${LEVELS[inForce]}`}
              </Loaded>
              {mayAdminister && (
                <Button size="small" variant="quiet" aria-label={`Change the policy of ${model}`} onClick={() => setSearch({ ask: 'model-policy' })}>
                  Change…
                </Button>
              )}
            </dd>
          </div>
        )}
      </dl>
      {mayAdminister && ask === 'policy' && all.data !== undefined && trustedKeys !== undefined && <PolicyDialog model={null} policy={all.data} installation={all.data.inForce} trustedKeys={trustedKeys} onClose={close} />}
      {mayAdminister && ask === 'model-policy' && model !== null && own.data !== undefined && all.data !== undefined && trustedKeys !== undefined && (
        <PolicyDialog key={model} model={model} policy={own.data} installation={all.data.inForce} trustedKeys={trustedKeys} onClose={close} />
      )}
    </Card>
  );
}
