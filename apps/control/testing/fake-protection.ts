import { type Provider } from '@nestjs/common';
import { type ProtectionsPort, PROTECTIONS } from '../protection/protection-ports.ts';
import { ProtectionGuard } from '../protection/protection-guard.ts';

/** Nothing is protected. */
const nothing: Partial<ProtectionsPort> = {
  unit: () => ({ held: async () => [] }) as unknown as ReturnType<ProtectionsPort['unit']>,
  list: async () => [],
  overrides: async () => [],
  find: async () => null,
};

export const fakeProtection: Provider[] = [{ provide: PROTECTIONS, useValue: nothing }, ProtectionGuard];
