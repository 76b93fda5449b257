import { type DataSource } from 'typeorm';
import { type WorkerEngine } from '#libs/runtime/engine/engine-client';
import { AuditLog } from '#libs/store/audit/audit-log';
import { SignaturePolicies } from '#libs/store/signatures/signature-policies';
import { Signatures } from '#libs/store/signatures/signatures';
import { TrustedKeys } from '#libs/store/signatures/trusted-keys';
import { type InferenceOptions } from '../inference-options.ts';
import { loadReleaseTokenizer } from '../models/release-tokenizer.ts';
import { FileDigests } from './file-digests.ts';
import { HashThread } from './hash-thread.ts';
import { refusalAuditor } from './refusal-audit.ts';
import { signatureGuard } from './signature-guard.ts';
import { VerifiedLoading } from './verified-loading.ts';

/** Loading through the engine, with every check, over the store. */
export function startVerifiedLoading(engine: Pick<WorkerEngine, 'load' | 'unload' | 'checkReloads'>, dataSource: DataSource, { config, logger }: InferenceOptions): VerifiedLoading {
  const hashing = new HashThread();
  const policies = new SignaturePolicies(dataSource);
  const signatures = new Signatures(dataSource);
  const keys = new TrustedKeys(dataSource);
  const audit = new AuditLog(dataSource);
  const loading = new VerifiedLoading({
    engine,
    loadTokenizer: loadReleaseTokenizer,
    digests: new FileDigests((path) => hashing.hash(path), config.integrity.verifyComponents),
    guard: signatureGuard({
      levelFor: (model) => policies.levelFor(model),
      signaturesOf: (kind, digests) => signatures.of(kind, digests),
      keys: () => keys.list(),
    }),
    tellVerified: ({ releaseId, components, hashedBytes, durationMs }) =>
      logger.info(
        { releaseId, components, hashedBytes, durationMs: Math.round(durationMs), bytesPerSecond: durationMs > 0 ? Math.round((hashedBytes / durationMs) * 1000) : null },
        'the components of a release are what it names',
      ),
    tellRefused: refusalAuditor((entry) => audit.append(entry), Date.now, (error) => logger.warn({ err: error }, 'a refusal waits for the audit log')),
    nowMs: () => performance.now(),
  });
  // An engine thread that died is started again with files that may have changed since.
  engine.checkReloads(async (releaseId, manifest, components) => void (await loading.check(releaseId, manifest, components)));
  return loading;
}
