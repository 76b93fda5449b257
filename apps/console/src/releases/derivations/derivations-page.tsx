import { useMay } from '../../session/session.ts';
import { useModel } from '../../shell/scope.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { ReleasesFrame } from '../releases-frame.tsx';
import { DerivationForm } from './derivation-form.tsx';
import { DerivationsCard } from './derivations-card.tsx';

/** Releases made of other releases: with fewer bits a weight, or dense. */
export function DerivationsPage() {
  const mayRegister = useMay('registry');
  const model = useModel();
  return (
    <ReleasesFrame tab="Derivations">
      {!mayRegister ? (
        <Empty title="You may not see derivations">They take the permission registry. The releases that they made stand under Releases.</Empty>
      ) : model === undefined ? (
        <Loading rows={6} />
      ) : (
        <>
          {model === null ? (
            <Empty title="No model is served yet" action={<ButtonLink to="/releases/imports">Go to imports</ButtonLink>}>
              A derivation begins with a release: import a checkpoint first.
            </Empty>
          ) : (
            <DerivationForm key={model} model={model} />
          )}
          <DerivationsCard />
        </>
      )}
    </ReleasesFrame>
  );
}
