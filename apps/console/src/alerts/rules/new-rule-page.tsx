import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { createAlertRuleMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { BackLink } from '../../releases/back-link.tsx';
import { useMay } from '../../session/session.ts';
import { Page } from '../../ui/page.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { type Filters } from '../parts/filters.ts';
import { useSignals } from '../parts/signals.ts';
import { newRule } from './rule-draft.ts';
import { RuleEditor } from './rule-editor.tsx';

/** Makes a rule, previewed on what was recorded. */
export function NewRulePage() {
  const { signal } = useSearch({ strict: false }) as Filters;
  const mayOperate = useMay('operate');
  const signals = useSignals();
  const navigate = useNavigate();
  const create = useMutation({
    ...createAlertRuleMutation(),
    onSuccess: async ({ id, name }) => {
      tellDone('The rule is made', `${name} is evaluated from now on.`);
      await refresh('alerts');
      await navigate({ to: '/alerts/rules/$ruleId', params: { ruleId: id } });
    },
  });
  const first = signals?.find((one) => one.signal === signal) ?? signals?.find((one) => one.signal === 'collapse');
  return (
    <Page title="New rule" lead="Says from where on readings of a signal are an alert. The preview shows when it would have fired.">
      <BackLink label="Rules" to="/alerts/rules" />
      {!mayOperate && <Empty title="Making rules needs the permission to operate">Ask someone who has it. You can look at the rules that there are.</Empty>}
      {mayOperate && first === undefined && <Loading rows={8} />}
      {mayOperate && first !== undefined && <RuleEditor initial={newRule(first.signal, first.worse)} mayEdit saveLabel="Make the rule" error={create.error} isSaving={create.isPending} onSave={(body) => create.mutate({ body })} />}
    </Page>
  );
}
