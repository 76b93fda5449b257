import { type Route } from './route.ts';

export const receiverRoutes = {} as const satisfies Record<string, Route>;
