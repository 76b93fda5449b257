import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SignaturePolicies } from '#libs/store/signatures/signature-policies';
import { Signatures } from '#libs/store/signatures/signatures';
import { TrustedKeys } from '#libs/store/signatures/trusted-keys';

export const SIGNATURES = Symbol('Signatures');
export type SignaturesPort = Pick<Signatures, 'attach' | 'of' | 'hasComponent'>;

export const TRUSTED_KEYS = Symbol('TrustedKeys');
export type TrustedKeysPort = Pick<TrustedKeys, 'list' | 'find' | 'add' | 'revoke'>;

export const SIGNATURE_POLICIES = Symbol('SignaturePolicies');
export type SignaturePoliciesPort = Pick<SignaturePolicies, 'find' | 'set'>;

export const storedSignaturePorts: readonly Provider[] = [
  { provide: SIGNATURES, inject: [DataSource], useFactory: (dataSource: DataSource) => new Signatures(dataSource) },
  { provide: TRUSTED_KEYS, inject: [DataSource], useFactory: (dataSource: DataSource) => new TrustedKeys(dataSource) },
  { provide: SIGNATURE_POLICIES, inject: [DataSource], useFactory: (dataSource: DataSource) => new SignaturePolicies(dataSource) },
];
