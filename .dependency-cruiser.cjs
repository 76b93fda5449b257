/** The layers of docs/architecture.md, as errors. Imports point down only. */
const MATHS = '^libs/(moe|stats|trace)/';
const POLICY = '^libs/(release|planning|detection|alerting|governance|evaluation)/';
const CONTRACT = '^libs/contract/';
const ADAPTERS = ['runtime', 'checkpoint', 'queue', 'record', 'store', 'platform', 'policy-engine', 'signing', 'notify'];
const ADAPTER = `^libs/(${ADAPTERS.join('|')})/`;
const FRAMEWORK =
  '^(node_modules/(@nestjs|typeorm|pg|pg-copy-streams|bullmq|ioredis|fastify|onnxruntime-node|@opentelemetry|pino)/)';
const IO_BUILTINS = '^(node:)?(fs|fs/promises|net|http|https|http2|child_process|worker_threads|os|dns|tls|dgram|cluster|timers|timers/promises|process)$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'maths-import-nothing', severity: 'error', comment: 'libs/moe, stats and trace import no other layer.', from: { path: MATHS }, to: { path: `^(apps|migrations)/|${POLICY}|${CONTRACT}|${ADAPTER}` } },
    { name: 'maths-stay-apart', severity: 'error', from: { path: '^libs/(moe|stats|trace)/' }, to: { path: MATHS, pathNot: '^libs/$1/' } },
    { name: 'policy-below-contract', severity: 'error', from: { path: POLICY }, to: { path: `^(apps|migrations)/|${CONTRACT}|${ADAPTER}` } },
    { name: 'pure-layers-know-no-framework', severity: 'error', from: { path: `${MATHS}|${POLICY}`, pathNot: '\\.test\\.ts$' }, to: { path: FRAMEWORK } },
    { name: 'pure-layers-do-no-io', severity: 'error', from: { path: `${MATHS}|${POLICY}`, pathNot: '\\.test\\.ts$' }, to: { path: IO_BUILTINS } },
    { name: 'contract-below-adapters', severity: 'error', from: { path: CONTRACT }, to: { path: `^(apps|migrations)/|${ADAPTER}` } },
    { name: 'adapters-below-apps', severity: 'error', from: { path: ADAPTER }, to: { path: '^apps/' } },
    ...ADAPTERS.map((name) => ({
      name: `adapter-${name}-stands-alone`,
      severity: 'error',
      from: { path: `^libs/${name}/` },
      to: { path: ADAPTER, pathNot: `^libs/${name}/` },
    })),
    { name: 'apps-stay-apart', severity: 'error', comment: 'Only standalone composes the other apps.', from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' }, to: { path: '^apps/', pathNot: '^apps/$1/' } },
    { name: 'console-knows-the-contract-alone', severity: 'error', comment: 'It runs in a browser, and what it shows comes from the API.', from: { path: '^apps/console/src/', pathNot: '\\.test\\.ts$' }, to: { path: '^(libs/(?!contract/)|migrations/)' } },
    { name: 'console-runs-in-a-browser', severity: 'error', from: { path: '^apps/console/src/', pathNot: '\\.test\\.ts$' }, to: { dependencyTypes: ['core'] } },
    { name: 'nothing-imports-standalone', severity: 'error', from: { pathNot: '^(apps/standalone|test)/' }, to: { path: '^apps/standalone/' } },
    { name: 'product-does-not-import-tests', severity: 'error', from: { path: '^(apps|libs|migrations)/', pathNot: '\\.test\\.ts$' }, to: { path: '^test/|\\.test\\.ts$|^bench/' } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/|^apps/console/src/api/gen/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { conditionNames: ['development', 'import', 'node', 'default'], exportsFields: ['exports'] },
  },
};
