import { type Provider } from '@nestjs/common';
import { BASELINES, type BaselinesPort, DETECTION_OVERVIEW, type DetectionOverviewPort, READINGS, type ReadingsPort } from '../detection/detection-ports.ts';

/** No baseline, no reading: what the store does is tested on a database. */
export const fakeDetectionPorts: readonly Provider[] = [
  {
    provide: BASELINES,
    useValue: {
      find: async () => null,
      page: async () => [],
      adopted: async () => [],
      create: async () => 'too-many-freezing',
      adopt: async () => ({ outcome: 'not-found' }),
      cancel: async () => ({ outcome: 'not-found' }),
    } satisfies BaselinesPort,
  },
  { provide: READINGS, useValue: { current: async () => [], history: async () => [], series: async () => ({ series: [], omitted: 0 }) } satisfies ReadingsPort },
  { provide: DETECTION_OVERVIEW, useValue: { read: async () => ({ lag: { requests: 0, seconds: 0 }, followedRequests: 0, isRunning: false, releases: [], freezing: [] }) } satisfies DetectionOverviewPort },
];
