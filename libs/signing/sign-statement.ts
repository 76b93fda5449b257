import { type KeyObject, sign } from 'node:crypto';
import { bundleToJSON } from '@sigstore/bundle';
import { DSSEBundleBuilder } from '@sigstore/sign';
import { publicKeyOf } from './signing-key.ts';

/**
 * Signs a statement: a Sigstore bundle v0.3 with a DSSE envelope, by a local key, without any
 * transparency log. Nothing leaves the machine.
 */
export async function signStatement(statement: string, mediaType: string, privateKey: KeyObject): Promise<unknown> {
  const { keyId, pem } = publicKeyOf(privateKey);
  const builder = new DSSEBundleBuilder({
    signer: { sign: async (data) => ({ signature: sign('sha256', data, privateKey), key: { $case: 'publicKey', publicKey: pem, hint: keyId } }) },
    witnesses: [],
  });
  return bundleToJSON(await builder.create({ data: Buffer.from(statement, 'utf8'), type: mediaType }));
}
