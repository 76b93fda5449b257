import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type ActivationState } from '#libs/governance/activation/activation-state';
import { type StoredAnnotation } from '#libs/store/overview/annotations';

export type AnnotationBody = RouteOutput<typeof ROUTES.listAnnotations>['items'][number];
type Told = Pick<AnnotationBody, 'title' | 'release' | 'severity' | 'subject'>;
type Of<K extends StoredAnnotation['kind']> = Extract<StoredAnnotation, { kind: K }>;

const SHORT_DIGITS = 10;

/** What happened, in words. */
export function annotationBody(annotation: StoredAnnotation): AnnotationBody {
  const { key, at, kind, event, model, by } = annotation;
  return { id: key, at: new Date(at).toISOString(), kind, event, model, by, ...told(annotation) };
}

function told(annotation: StoredAnnotation): Told {
  switch (annotation.kind) {
    case 'activation':
      return activation(annotation);
    case 'rollout':
      return rollout(annotation);
    case 'data-rules': {
      const { generation, rules } = annotation.detail;
      return plain(`Data rules: generation ${generation}, ${rules} ${rules === 1 ? 'rule' : 'rules'}`, 'data-rules', annotation.model ?? '');
    }
    case 'change': {
      const { changeId, number, title } = annotation.detail;
      return plain(`Change ${number} ${annotation.event}: ${title}`, 'change', changeId);
    }
    case 'alert':
      return alert(annotation);
    case 'baseline': {
      const { baselineId, release, requests } = annotation.detail;
      return { ...plain(`Baseline of ${requests} requests adopted`, 'baseline', baselineId), release };
    }
  }
}

function activation({ event, model, detail: { before, after } }: Of<'activation'>): Told {
  const release = releaseOf(event, before, after);
  const title = activationTitle(event, before, after);
  return { title, release, severity: null, subject: { type: 'release', id: release ?? model ?? '' } };
}

function releaseOf(event: string, before: ActivationState | null, after: ActivationState | null): string | null {
  if (event === 'start-canary' || event === 'set-canary-share') return after?.canary?.releaseId ?? null;
  if (event === 'abort-canary') return before?.canary?.releaseId ?? null;
  if (event === 'start-shadow') return after?.shadow?.releaseId ?? null;
  if (event === 'stop-shadow') return before?.shadow?.releaseId ?? null;
  return after?.stable ?? before?.stable ?? null;
}

function activationTitle(event: string, before: ActivationState | null, after: ActivationState | null): string {
  const release = short(releaseOf(event, before, after));
  switch (event) {
    case 'activate':
      return `Release ${release} activated`;
    case 'start-canary':
      return `Canary ${release} started at ${percent(after?.canary?.share)}`;
    case 'set-canary-share':
      return `Canary ${release} set to ${percent(after?.canary?.share)}`;
    case 'promote':
      return `Canary ${release} promoted`;
    case 'abort-canary':
      return `Canary ${release} ended`;
    case 'rollback':
      return `Rolled back to ${release}`;
    case 'start-shadow':
      return `Shadow ${release} started at ${percent(after?.shadow?.share)}`;
    case 'stop-shadow':
      return `Shadow ${release} ended`;
    case 'recall':
      return after === null ? 'Stopped by a recall' : `Recall: ${release} answers`;
    default:
      return `${event}: ${release} answers`;
  }
}

const VERDICTS: Readonly<Record<string, string>> = { start: 'started', continue: 'step passed', complete: 'completed', fail: 'failed', pause: 'paused', end: 'ended' };

function rollout({ event, detail: { rolloutId, candidate, reason, guard, step } }: Of<'rollout'>): Told {
  const verdict = event === 'continue' ? `step ${step + 1} passed` : (VERDICTS[event] ?? event);
  const why = reason === null || event === 'continue' || event === 'complete' ? '' : `: ${reason.replaceAll('-', ' ')}${guard === null ? '' : ` (${guard})`}`;
  return { title: `Rollout of ${short(candidate)} ${verdict}${why}`, release: candidate, severity: null, subject: { type: 'rollout', id: rolloutId } };
}

/** Labels that tell alerts of one rule apart, beside the release. */
const ALERT_PLACE = ['layer', 'expert', 'tenant', 'task', 'language'];

function alert({ event, detail: { series, rule, severity, labels, release } }: Of<'alert'>): Told {
  const named = ALERT_PLACE.flatMap((name) => (labels[name] === undefined ? [] : [`${name} ${labels[name]}`]));
  const where = [...named, ...(labels['release'] === undefined ? [] : [`release ${short(labels['release'])}`])].join(', ');
  const words: Readonly<Record<string, string>> = { fired: 'fires', resolved: 'resolved', 'no-data': 'has no data', error: 'cannot be judged' };
  return { title: `${rule}${where === '' ? '' : ` (${where})`} ${words[event] ?? event}`, release: release ?? labels['release'] ?? null, severity, subject: { type: 'alert', id: series } };
}

function plain(title: string, type: Told['subject']['type'], id: string): Told {
  return { title, release: null, severity: null, subject: { type, id } };
}

function short(release: string | null): string {
  return release === null ? 'nothing' : release.slice(0, SHORT_DIGITS);
}

function percent(share: number | undefined): string {
  return share === undefined ? 'an unknown share' : `${Number((share * 100).toPrecision(3))} %`;
}
