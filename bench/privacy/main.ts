import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { privacyAssay } from '#libs/evaluation/privacy/privacy-assay';
import { type PrivacyResult } from '#libs/evaluation/privacy/result';
import { type RunInputs } from '#libs/evaluation/run/assay';
import { type Estimate } from '#libs/evaluation/run/result';
import { type Json } from '#libs/evaluation/run/run';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { withHome } from '../harness/home.ts';
import { option } from '../harness/options.ts';
import { DEMO_MODEL } from '../harness/signalbox.ts';
import { documentsOf } from '../quality/text.ts';

const figure = ({ value, low, high }: Estimate, digits = 3): string => `${value.toFixed(digits)}${low === null || high === null ? '' : ` (${low.toFixed(digits)} to ${high.toFixed(digits)})`}`;

/** The attacker of privacy runs on the demo model: figures by level, not speed, so other work may go on beside it. */
async function main(home: string): Promise<void> {
  const items = documentsOf(option('text', '')).flatMap(([domain, documents]) => documents.map((text): Json => ({ text, labels: { domain } })));
  const store = await ComponentStore.open(join(home, 'components'));
  const { manifest, releaseId } = await importCheckpoint({ directory: DEMO_MODEL, model: 'tiny-mixtral', store, journalDirectory: join(home, 'imports') });
  const dataset = createHash('sha256').update(JSON.stringify(items)).digest('hex');
  const inputs: RunInputs = {
    spec: {
      format: 'signalbox.evaluation/1', kind: 'privacy', candidate: releaseId, reference: null, suite: dataset,
      settings: { trainTokens: Number(option('train-tokens', '16000')), epochs: Number(option('epochs', '3')), maxTokensPerDocument: Number(option('max-tokens', '256')), seed: Number(option('seed', '1')) },
    },
    candidate: manifest,
    reference: null,
    suite: { format: 'signalbox.suite/1', name: 'privacy', description: '', tasks: [{ id: 'text', kind: 'likelihood', dataset, grader: {}, gates: [] }] },
    dataset: async () => items,
  };
  const probe = new ReleaseProbe({ locate: (sha256) => store.pathOf(sha256), threads: 1, maxCacheBytes: 2 ** 28, chunkTokens: 256, maxReleases: 1 });
  try {
    const parts: Json[] = [];
    for (const step of await privacyAssay.plan(inputs)) {
      console.error(step.label);
      parts.push(await step.measure({ probe, nowMs: () => performance.now() }));
    }
    print(privacyAssay.conclude(inputs, parts) as unknown as PrivacyResult);
  } finally {
    await probe.dispose();
  }
}

function print({ levels, chance, learningCurve, layers, recommendation, documents, tokens, summary }: PrivacyResult): void {
  console.log(`${summary}\n\n${documents.train} documents (${tokens.train} tokens) to train on, ${documents.heldOut} (${tokens.heldOut}) held out\n`);
  console.log('| level | token, first guess | within five | class AUC | bits per token |\n|---|---|---|---|---|');
  for (const { level, tokenRecovery, top5, classAuc, informationBits } of levels) {
    console.log(`| \`${level}\` | ${figure(tokenRecovery)} | ${figure(top5)} | ${classAuc ? figure(classAuc) : '-'} | ${figure(informationBits, 2)} |`);
  }
  console.log(`| most frequent token | ${figure(chance.majority)} | ${figure(chance.majorityTop5)} | | |`);
  console.log(`| true token before it known | ${figure(chance.prior)} | ${figure(chance.priorTop5)} | | |`);
  console.log('\n| tokens trained on | token, first guess | within five |\n|---|---|---|');
  for (const { trainTokens, tokenRecovery, top5 } of learningCurve) console.log(`| ${trainTokens} | ${figure(tokenRecovery)} | ${figure(top5)} |`);
  console.log('\n| layer | class and expert, bits | token and expert, bits |\n|---|---|---|');
  for (const { layer, classBits, tokenBits } of layers) console.log(`| ${layer} | ${classBits ? figure(classBits) : '-'} | ${tokenBits ? figure(tokenBits) : '-'} |`);
  for (const { level, classes } of levels.filter((each) => each.classes.length > 0)) console.log(`${level}: ${classes.map((each) => `${each.label} ${figure(each)}`).join(', ')}`);
  console.log(`\nrecommended: ${recommendation.level} (${recommendation.reason}). ${recommendation.detail}`);
}

await withHome(main);
