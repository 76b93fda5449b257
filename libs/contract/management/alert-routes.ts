import { type Route } from './route.ts';

export const alertRoutes = {} as const satisfies Record<string, Route>;
