import { type Route } from './route.ts';

export const detectionRoutes = {} as const satisfies Record<string, Route>;
