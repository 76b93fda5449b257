import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AlertActions } from '#libs/store/alerts/alert-actions';
import { AlertRules } from '#libs/store/alerts/alert-rules';
import { Alerts } from '#libs/store/alerts/alerts';
import { NotificationPolicies } from '#libs/store/alerts/notification-policies';
import { Silences } from '#libs/store/alerts/silences';
import { Readings } from '#libs/store/detection/readings';
import { ActionDesk } from './action-desk.ts';
import { ActionRunner } from './action-runner.ts';
import { ALERT_ACTIONS, ALERT_RULES, ALERTS, NOTIFICATION_POLICY, READING_HISTORY, SILENCES } from './alert-ports.ts';
import { AlertRulesController } from './alert-rules.controller.ts';
import { AlertsController } from './alerts.controller.ts';
import { NotificationPolicyController } from './notification-policy.controller.ts';
import { SilencesController } from './silences.controller.ts';

export const alertControllers = [AlertsController, AlertRulesController, SilencesController, NotificationPolicyController];
export const alertProviders: Provider[] = [ActionDesk, ActionRunner];

/** Ports over the store. */
export const storedAlertPorts: Provider[] = (
  [[ALERTS, Alerts], [ALERT_RULES, AlertRules], [SILENCES, Silences], [NOTIFICATION_POLICY, NotificationPolicies], [READING_HISTORY, Readings], [ALERT_ACTIONS, AlertActions]] as const
).map(([provide, Store]) => ({ provide, inject: [DataSource], useFactory: (dataSource: DataSource) => new Store(dataSource) }));
