import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FeedbackStore } from '#libs/store/feedback/feedback';
import { FeedbackRouting } from '#libs/store/feedback/feedback-routing';
import { FeedbackDesk } from './feedback-desk.ts';
import { FEEDBACK_ROUTING, FEEDBACK_STORE } from './feedback-ports.ts';
import { FeedbackController } from './feedback.controller.ts';
import { QualityReports } from './quality-reports.ts';

export const feedbackControllers = [FeedbackController];
export const feedbackProviders: Provider[] = [FeedbackDesk, QualityReports];

/** Ports over the store. */
export const storedFeedbackPorts: Provider[] = [
  { provide: FEEDBACK_STORE, inject: [DataSource], useFactory: (dataSource: DataSource) => new FeedbackStore(dataSource) },
  { provide: FEEDBACK_ROUTING, inject: [DataSource], useFactory: (dataSource: DataSource) => new FeedbackRouting(dataSource) },
];
