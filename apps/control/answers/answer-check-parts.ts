import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnswerChecks } from '#libs/store/answers/answer-checks';
import { ANSWER_CHECK_READER, AnswerCheckDesk } from './answer-check-desk.ts';
import { AnswerCheckController } from './answer-check.controller.ts';

export const answerCheckControllers = [AnswerCheckController];
export const answerCheckProviders: Provider[] = [AnswerCheckDesk];

/** Ports over the store. */
export const storedAnswerCheckPorts: Provider[] = [{ provide: ANSWER_CHECK_READER, inject: [DataSource], useFactory: (dataSource: DataSource) => new AnswerChecks(dataSource) }];
