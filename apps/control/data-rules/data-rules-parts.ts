import { type Provider } from '@nestjs/common';
import { RuleSets } from '#libs/store/data-rules/rule-sets';
import { DataRulesController } from './data-rules.controller.ts';
import { DataRulesDesk } from './data-rules-desk.ts';
import { DATA_RULES } from './data-rules-port.ts';
import { DataRulesReports } from './data-rules-reports.ts';

export const dataRulesControllers = [DataRulesController];
export const dataRulesProviders: Provider[] = [DataRulesDesk, DataRulesReports];

/** Ports over the store. */
export const storedDataRulesPorts: Provider[] = [{ provide: DATA_RULES, useExisting: RuleSets }];
