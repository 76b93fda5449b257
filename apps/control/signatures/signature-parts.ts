import { type Provider, type Type } from '@nestjs/common';
import { SignatureDesk } from './signature-desk.ts';
import { SignaturesController } from './signatures.controller.ts';
import { TrustDesk } from './trust-desk.ts';

export const signatureControllers: readonly Type[] = [SignaturesController];
export const signatureProviders: readonly Provider[] = [SignatureDesk, TrustDesk];
