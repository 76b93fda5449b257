import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { deleteAlertRuleMutation, getAlertRuleOptions, listAlertRulesOptions, putAlertRuleMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type AlertRule } from '../../api/gen/types.gen.ts';
import { problemOf } from '../../api/problem.ts';
import { refresh } from '../../api/query-client.ts';
import { BackLink } from '../../releases/back-link.tsx';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { draftOfRule } from './rule-draft.ts';
import { RuleEditor } from './rule-editor.tsx';

/** One rule, to read, to preview and to change. */
export function RulePage() {
  const { ruleId } = useParams({ strict: false }) as { readonly ruleId: string };
  const rule = useQuery(getAlertRuleOptions({ path: { ruleId } }));
  if (rule.data !== undefined) return <RuleView key={ruleId} latest={rule.data} onReload={async () => (await rule.refetch()).data} />;
  return (
    <Page title="Rule">
      <BackLink label="Rules" to="/alerts/rules" />
      <Loaded query={rule} rows={8}>
        {() => null}
      </Loaded>
    </Page>
  );
}

/** @param latest as the server has it now, which somebody else may have changed since it was opened */
function RuleView({ latest, onReload }: { readonly latest: AlertRule; readonly onReload: () => Promise<AlertRule | undefined> }) {
  // What is edited stays as it was opened: news from elsewhere must not drop what was typed.
  const [rule, setRule] = useState(latest);
  const mayOperate = useMay('operate');
  const navigate = useNavigate();
  const [isDeleting, setDeleting] = useState(false);
  const record = useQuery(listAlertRulesOptions({ query: { limit: 200 } })).data?.items.find(({ id }) => id === rule.id);
  const headers = { 'if-match': `"${rule.generation}"` };
  const save = useMutation({
    ...putAlertRuleMutation(),
    onSuccess: async (saved) => {
      setRule(saved);
      tellDone('Saved', `${saved.name} is evaluated so from now on.`);
      await refresh('alerts');
    },
  });
  const remove = useMutation({
    ...deleteAlertRuleMutation(),
    onSuccess: async () => {
      tellDone('The rule is deleted', 'Its alerts resolve, and its history stays.');
      await navigate({ to: '/alerts/rules' });
      await refresh('alerts');
    },
  });
  const isStale = latest.generation > rule.generation || (save.error !== null && problemOf(save.error, undefined).status === 412);
  const takeTheirs = async (): Promise<void> => {
    setRule((await onReload()) ?? rule);
    save.reset();
  };
  return (
    <Page
      title={rule.name}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          {rule.enabled ? <Badge tone="ok">on</Badge> : <Badge>off</Badge>}
          <span title={`by ${rule.updatedBy}`}>
            changed <Time at={rule.updatedAt} as="relative" />
          </span>
          {record !== undefined && <span>{record.lastFiredAt === null ? 'never fired' : <>last fired <Time at={record.lastFiredAt} as="relative" /></>}</span>}
          <Link to="/alerts/history" search={{ rule: rule.id }}>
            its episodes
          </Link>
        </span>
      }
      actions={
        mayOperate && (
          <Button variant="danger" icon={<Trash2 size={14} aria-hidden />} onClick={() => setDeleting(true)}>
            Delete
          </Button>
        )
      }
    >
      <BackLink label="Rules" to="/alerts/rules" />
      {isStale && (
        <div role="status" className="flex flex-wrap items-center gap-3 rounded-md border border-warn/40 bg-warn-soft px-3 py-2 text-sm">
          <span>Someone else changed this rule since you opened it. What you typed is still here; loading theirs drops it.</span>
          <Button size="small" onClick={() => void takeTheirs()}>
            Load their version
          </Button>
        </div>
      )}
      <RuleEditor key={rule.generation} initial={draftOfRule(rule)} mayEdit={mayOperate} saveLabel="Save" error={save.error} isSaving={save.isPending} onSave={(body) => save.mutate({ path: { ruleId: rule.id }, headers, body })} />
      <Confirm
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
        title={`Delete the rule ${rule.name}`}
        consequences={['It is evaluated no more.', record === undefined || record.firing === 0 ? 'None of its alerts fires now.' : `Its ${record.firing} alerts that fire resolve, and whoever was told of them is told of their end.`, 'Its history stays, and its id is not given again. To keep it for later, switch it off instead.']}
        confirmLabel="Delete"
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ path: { ruleId: rule.id }, headers })}
      />
    </Page>
  );
}
