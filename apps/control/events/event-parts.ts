import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChangeMarksReader } from '#libs/store/overview/change-marks';
import { CHANGE_MARKS, EventFeed } from './event-feed.ts';
import { DEFAULT_EVENT_LIMITS, EVENT_LIMITS } from './event-limits.ts';
import { EventsController } from './events.controller.ts';
import { ListeningRight } from './listening-right.ts';

export const eventControllers = [EventsController];
export const eventProviders: Provider[] = [EventFeed, ListeningRight, { provide: EVENT_LIMITS, useValue: DEFAULT_EVENT_LIMITS }];

/** Ports over the store. */
export const storedEventPorts: Provider[] = [{ provide: CHANGE_MARKS, inject: [DataSource], useFactory: (dataSource: DataSource) => new ChangeMarksReader(dataSource) }];
