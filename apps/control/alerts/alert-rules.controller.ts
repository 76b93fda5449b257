import { randomUUID } from 'node:crypto';
import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { RESERVED_LABELS } from '#libs/alerting/alert/labels';
import { replayRule } from '#libs/alerting/round/replay-rule';
import { type AlertRule } from '#libs/alerting/rule/rule';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Reading } from '#libs/detection/reading/reading';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { MAX_RULES, type RuleOutcome, type StoredRule } from '#libs/store/alerts/alert-rules';
import { labelsKey } from '#libs/store/detection/readings';
import { auditOf } from '../http/audited.ts';
import { pageAfter } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ALERT_RULES, type AlertRulesPort, READING_HISTORY, type ReadingHistoryPort } from './alert-ports.ts';
import { generationOf, invalid, notFound, stale, tooMany } from './alert-problems.ts';
import { iso, isoOrNull } from './alert-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;
type RuleBody = RouteOutput<typeof ROUTES.getAlertRule>;

const DAY_MS = 86_400_000;
/** Readings that a preview replays, and episodes that it shows. */
const MAX_READINGS = 50_000;
/** Read at a time. */
const READINGS_PAGE = 10_000;
const MINUTE_MS = 60_000;
const MAX_EPISODES = 1000;

/** Rules: when a reading is an alert. */
@Controller()
export class AlertRulesController {
  constructor(
    @Inject(ALERT_RULES) private readonly rules: AlertRulesPort,
    @Inject(READING_HISTORY) private readonly readings: ReadingHistoryPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.createAlertRule)
  async create(@Input() { body }: In<'createAlertRule'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createAlertRule'> {
    const atMs = this.settings.now();
    const rule = ruleOf(body.id ?? randomUUID(), body);
    const made = await this.rules.insert(rule, atMs, { ...auditOf(caller, atMs, 'alert-rule.create', `alert-rule/${rule.id}`), after: rule });
    if (made === 'taken') throw new ProblemError({ status: 409, code: 'rule_exists', title: 'There is or was such a rule', detail: `Body field id: ${rule.id} is taken; the id of a deleted rule is not given again. Choose another one, or leave it out.`, field: 'id' });
    if (made === 'full') throw tooMany('rules', MAX_RULES);
    return tagged(made, reply);
  }

  @Endpoint(ROUTES.listAlertRules)
  async list(@Input() { query }: In<'listAlertRules'>): Out<'listAlertRules'> {
    const { items, nextCursor } = pageAfter(await this.rules.list(), query, ({ id }) => id);
    const records = await this.rules.records();
    return { items: items.map((rule) => ({ ...ruleBody(rule), lastFiredAt: isoOrNull(records.get(rule.id)?.lastFiredAtMs ?? null), firing: records.get(rule.id)?.firing ?? 0 })), nextCursor };
  }

  @Endpoint(ROUTES.previewAlertRule)
  async preview(@Input() { body }: In<'previewAlertRule'>): Out<'previewAlertRule'> {
    const toMs = body.to === undefined ? this.settings.now() : Date.parse(body.to);
    const fromMs = body.from === undefined ? toMs - DAY_MS : Date.parse(body.from);
    if (fromMs >= toMs) throw invalid('to', 'it must be after from');
    const rule = ruleOf('preview', body.rule);
    const readings = await this.#newest(rule.signal, fromMs, toMs);
    const episodes = replayRule(rule, readings.toReversed(), toMs);
    return {
      readings: readings.length, truncated: readings.length === MAX_READINGS || episodes.length > MAX_EPISODES,
      episodes: episodes.slice(-MAX_EPISODES).map(({ labels, startedAtMs, endedAtMs, ...same }) => ({ ...same, labels: { ...labels }, startedAt: iso(startedAtMs), endedAt: isoOrNull(endedAtMs) })),
    };
  }

  @Endpoint(ROUTES.getAlertRule)
  async get(@Input() { params }: In<'getAlertRule'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getAlertRule'> {
    const found = await this.rules.find(params.ruleId);
    if (!found) throw notFound('rule');
    return tagged(found, reply);
  }

  @Endpoint(ROUTES.putAlertRule)
  async put(@Input() { params, headers, body }: In<'putAlertRule'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putAlertRule'> {
    const atMs = this.settings.now();
    const wanted = ruleOf(params.ruleId, body);
    const outcome = await this.rules.write(params.ruleId, generationOf(headers), wanted, atMs, (before) => ({ ...auditOf(caller, atMs, 'alert-rule.set', `alert-rule/${before.id}`), before: audited(before), after: wanted }));
    return tagged(written(outcome), reply);
  }

  @Endpoint(ROUTES.deleteAlertRule)
  async remove(@Input() { params, headers }: In<'deleteAlertRule'>, @Caller() caller: Principal): Out<'deleteAlertRule'> {
    const atMs = this.settings.now();
    const gone = written(await this.rules.write(params.ruleId, generationOf(headers), null, atMs, (before) => ({ ...auditOf(caller, atMs, 'alert-rule.delete', `alert-rule/${before.id}`), before: audited(before) })));
    return ruleBody(gone);
  }

  /** Newest first, at most MAX_READINGS. */
  async #newest(signal: string, fromMs: number, toMs: number): Promise<readonly Reading[]> {
    const all: Reading[] = [];
    for (;;) {
      const last = all.at(-1);
      const before = last === undefined ? {} : { before: { minuteMs: Math.floor(last.atMs / MINUTE_MS) * MINUTE_MS, labelsKey: labelsKey(last.labels) } };
      const found = await this.readings.history({ signal, fromMs, toMs, ...before }, READINGS_PAGE);
      all.push(...found);
      if (found.length < READINGS_PAGE || all.length >= MAX_READINGS) return all.slice(0, MAX_READINGS);
    }
  }
}

function ruleOf(id: string, { enabled, ...fields }: In<'putAlertRule'>['body']): AlertRule {
  const reserved = Object.keys(fields.labels).find((label) => RESERVED_LABELS.includes(label));
  if (reserved !== undefined) throw invalid('labels', `${reserved} is set by Signalbox; choose another name`);
  if (new Set(fields.actions.map(({ kind }) => kind)).size < fields.actions.length) throw invalid('actions', 'name each kind once');
  return { id, ...fields, isEnabled: enabled };
}

function written(outcome: RuleOutcome): StoredRule {
  if (outcome.outcome === 'written') return outcome.rule;
  throw outcome.outcome === 'missing' ? notFound('rule') : stale(outcome.generation);
}

function audited({ id, name, signal, matchers, limits, timing, labels, annotations, actions, isEnabled }: StoredRule): AlertRule {
  return { id, name, signal, matchers, limits, timing, labels, annotations, actions, isEnabled };
}

function tagged(rule: StoredRule, reply: FastifyReply): RuleBody {
  void reply.header('etag', `"${rule.generation}"`);
  return ruleBody(rule);
}

function ruleBody({ id, name, signal, matchers, limits, timing, labels, annotations, actions, isEnabled, generation, updatedBy, updatedAtMs }: StoredRule): RuleBody {
  return {
    id, name, signal: signal as RuleBody['signal'], matchers: matchers.map((one) => ('values' in one ? { ...one, values: [...one.values] } : { ...one })), limits: [...limits], timing, labels: { ...labels }, annotations: { ...annotations },
    actions: [...actions], enabled: isEnabled, generation, updatedBy, updatedAt: iso(updatedAtMs),
  };
}
