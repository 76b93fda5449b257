import { type Command } from 'commander';

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  signalbox: ['signalbox demo', 'signalbox routes', 'signalbox trace 0197280f-6000-7000-8000-000000000001', '', 'In the source folder: npm run signalbox -- <command>'],
  'signalbox routes': [
    'signalbox routes                      every layer, with entropy and balance',
    'signalbox routes --by task --layer 3  layer 3, a line for each task',
    'signalbox routes --watch              redraws while requests come in',
    'signalbox routes --csv > routes.csv',
  ],
  'signalbox trace': ['signalbox trace 0197280f-6000-7000-8000-000000000001'],
  'signalbox experts': ['signalbox experts --layer 0', 'signalbox experts --json'],
  'signalbox experts quarantine': ['signalbox experts quarantine 3 5 --reason "answers in the wrong language"', 'signalbox experts quarantine 3 5 --for 2h --reason "a drill"'],
  'signalbox experts lift': ['signalbox experts quarantines', 'signalbox experts lift <quarantine-id> --reason "its new version is in"'],
  'signalbox experts health': ['signalbox experts health', 'signalbox experts health --model tiny-mixtral --json'],
  'signalbox protect add': ['signalbox protect add 3 5 --reason "carries refusals, by the run of May"'],
  'signalbox protect adopt': ['signalbox protect adopt <evaluation-id>', 'signalbox protect list'],
  'signalbox protect remove': ['signalbox protect remove 3 5 --evidence <evaluation-id> --reason "its new version carries nothing"'],
  'signalbox protect overrides': ['signalbox protect overrides --owed'],
  'signalbox protect review': ['signalbox protect review <override-id> confirm --reason "the expert did give NaN"'],
  'signalbox plan': ['signalbox plan --devices 8 --extra-copies 2 --device-memory 24GiB', 'signalbox plan --factors 1,1.25,1.5,2', 'signalbox plan --propose-capacity 2 --policy reroute'],
  'signalbox import': ['signalbox import /models/Mixtral-8x7B --model mixtral --activate', 'signalbox import /models/Mixtral-8x7B-tuned --model mixtral --parent <release>'],
  'signalbox sign release': ['signalbox sign release 5f5f... --key signing-key', 'signalbox sign release 5f5f... --key signing-key --manifest release.json --out release.sig'],
  'signalbox sign directory': ['signalbox sign directory my-checkpoint --key signing-key --out my-checkpoint/model.sig'],
  'signalbox verify-signature directory': ['signalbox verify-signature directory my-checkpoint --signature my-checkpoint/model.sig --public-key signing-key.pub'],
  'signalbox trust new-key': ['signalbox trust new-key signing-key'],
  'signalbox trust signatures': ['signalbox trust signatures release 5f5f5f5f', 'signalbox trust signatures component 3c3c3c3c --json'],
  'signalbox trust policy': ['signalbox trust policy releases', 'signalbox trust policy off --model tiny-mixtral'],
  'signalbox activate': ['signalbox activate 5f5f... --reason "better on code"'],
  'signalbox canary start': ['signalbox canary start 5f5f... --share 0.05', 'signalbox canary start 5f5f... --share 0.5 --task biology --experts expert/3/5 --min-share 0.2'],
  'signalbox rollback': ['signalbox rollback --reason "answers in the wrong language"', 'signalbox rollback --part routers'],
  'signalbox recall': ['signalbox recall 3c3c... --reason "trained on data that was to be left out"'],
  'signalbox recalled': ['signalbox recalled 3c3c...', 'signalbox recalled 3c3c... --requests --selected', 'signalbox recalled 3c3c... --requests --selected --json > touched.ndjson'],
  'signalbox status': ['signalbox status --watch', 'signalbox status --model tiny-mixtral --json'],
  'signalbox history': ['signalbox history', 'signalbox history --at 2026-01-31T12:00:00Z'],
  'signalbox rollout start': ['signalbox rollout start plan.json --watch', 'signalbox rollout start --model tiny-mixtral --release 5f5f... --shares 0.05,0.25,0.5 --shadow 0.2'],
  'signalbox rollout status': ['signalbox rollout status', 'signalbox rollout status 0197280f-6000-7000-8000-000000000001 --verdicts'],
  'signalbox releases': ['signalbox releases --model tiny-mixtral', 'signalbox releases diff <release>', 'signalbox releases create --base <release> --replace expert/3/5=<sha256> --note "tuned on biology"', 'signalbox releases create --base <release> --routing capacity.json --note "room for peaks"'],
  'signalbox releases quantise': ['signalbox releases quantise 5f5f5f5f --precision int8', 'signalbox releases quantise 5f5f5f5f --precision int4 --components expert/3/5 --note "one expert alone"'],
  'signalbox releases densify': ['signalbox releases densify 5f5f5f5f --as mixtral-dense --experts-per-layer 2'],
  'signalbox components': ['signalbox components list --name expert/3/5', 'signalbox components card 5f5f5f5f --owner models@example.com', 'signalbox components compare <a> <b>'],
  'signalbox upload': ['signalbox upload expert.safetensors --kind expert --component expert/3/5 --model tiny-mixtral'],
  'signalbox eval run': [
    'signalbox eval run evals/first.yaml --candidate 5f5f5f5f --reference stable --wait',
    'signalbox eval run evals/first.yaml --candidate 5f5f5f5f --reference stable --out report.md --out junit.xml --attach <change-id> --attribute',
  ],
  'signalbox eval attribute': ['signalbox eval attribute <old-release> <new-release> --suite evals/first.yaml --wait'],
  'signalbox eval privacy': ['signalbox eval privacy 5f5f5f5f --suite evals/first.yaml --wait'],
  'signalbox eval concentration': ['signalbox eval concentration 5f5f5f5f --suite evals/safety.yaml --wait'],
  'signalbox eval list': ['signalbox eval list --kind suite --state succeeded'],
  'signalbox eval report': ['signalbox eval report <evaluation-id> --format markdown', 'signalbox eval report <evaluation-id> --out junit.xml'],
  'signalbox eval delete': ['signalbox eval delete <evaluation-id>'],
  'signalbox eval check': ['signalbox eval check evals/first.yaml'],
  'signalbox change create': [
    'signalbox change create replace-expert --replace expert/3/5=<sha256> --canary 0.05 --title "Tuned on contracts" --reason "..."',
    'signalbox change create activate --release <release> --title "..." --reason "..."',
    'signalbox change create --file change.json',
  ],
  'signalbox change evidence add': ['signalbox change evidence add <change-id> safety-suite report.json', 'signalbox change evidence add <change-id> evaluation --url https://example.com/run/7 --sha256 <digest>'],
  'signalbox change break-glass': ['signalbox change break-glass <change-id> --reason "the expert leaks addresses" --hours 4'],
  'signalbox change dossier': ['signalbox change dossier <change-id> --out change.md', 'signalbox change dossier <change-id> --json'],
  'signalbox change policy put': ['signalbox change policy show > policy.cedar', 'signalbox change policy put policy.cedar --reason "two approvals for routers"'],
  'signalbox receivers add': [
    'signalbox receivers add on-call --kind webhook --url https://hooks.example.com/signalbox',
    'signalbox receivers add pager --kind pagerduty --secret-file routing-key.txt',
  ],
  'signalbox receivers replay': ['signalbox receivers replay on-call --since 2026-01-31T12:00:00Z'],
  'signalbox freeze create': ['signalbox freeze create holidays --from 2036-12-24T00:00:00Z --to 2037-01-02T00:00:00Z --reason "nobody is here"'],
  'signalbox feedback add': ['signalbox feedback add <request-id> --score 1', 'signalbox feedback add <request-id> --label wrong-language --program --source judge-v2'],
  'signalbox feedback list': ['signalbox feedback list --label wrong-language', 'signalbox feedback list --release <release> --json'],
  'signalbox quality': ['signalbox quality', 'signalbox quality --release <release> --layer 3'],
  'signalbox baseline freeze': ['signalbox baseline freeze --model tiny-mixtral', 'signalbox baseline freeze --model tiny-mixtral --segment task=chat --mix-by-hour --from 2026-01-24T00:00:00Z'],
  'signalbox baseline adopt': ['signalbox baseline adopt <baseline-id> --reason "the campaign is over"'],
  'signalbox readings': ['signalbox readings --signal router-shift', 'signalbox readings --signal mix-shift --history --layer 3'],
  'signalbox keys create': ['signalbox keys create dashboard --scopes read --expires 90d', 'signalbox keys create app --account "chat app" --scopes inference'],
  'signalbox accounts create': ['signalbox accounts create "chat app" --roles client --tenant acme', 'signalbox accounts create ada --kind user --email ada@example.org --roles releaser'],
  'signalbox accounts set': ['signalbox accounts set ada --roles approver,auditor', 'signalbox accounts set "chat app" --disable'],
  'signalbox audit key': ['signalbox audit key', 'signalbox audit key --json > audit-key.json'],
  'signalbox audit list': ['signalbox audit list --action activation.*', 'signalbox audit list --subject model/tiny-mixtral --from 2026-01-31T00:00:00Z'],
  'signalbox audit export': ['signalbox audit export --out audit.ndjson', 'signalbox audit export --out audit.ndjson --with-dossiers dossiers'],
  'signalbox audit verify': ['signalbox audit verify audit.ndjson --witness .signalbox/audit-witness.ndjson --key <fingerprint>', 'signalbox audit verify audit.ndjson --since last-quarter.ndjson'],
  'signalbox alerts list': ['signalbox alerts', 'signalbox alerts list --severity critical', 'signalbox alerts list --history'],
  'signalbox alerts ack': ['signalbox alerts ack 5f5f5f5f --note "rolling back"'],
  'signalbox silences add': ['signalbox silences add signal=mix-shift --for 2h --comment "load test"', 'signalbox silences add model=tiny-mixtral "severity=warning|info" --for 7d --comment "known" --dry-run'],
  'signalbox rules apply': ['signalbox rules show mix-shift > rule.json', 'signalbox rules apply rule.json'],
  'signalbox rules preview': ['signalbox rules preview rule.json --from 2026-01-31T12:00:00Z'],
  'signalbox data-rules show': ['signalbox data-rules show', 'signalbox data-rules show --json > rules.json'],
  'signalbox data-rules set': ['signalbox data-rules set rules.json --reason "contract with the bank"'],
  'signalbox data-rules check': ['signalbox data-rules check --tenant bank --region us --data-class personal', 'signalbox data-rules check --tenant bank --rules draft.json'],
  'signalbox demo': ['signalbox demo', 'signalbox demo --prompts my-prompts   lines of {"prompt", "task", "language"}', 'signalbox demo --shift                the server was started with SIGNALBOX_RECEIVER_ALLOW=127.0.0.0/8 npm start'],
};

/** Commands that ask no server. */
const OFFLINE: ReadonlySet<string> = new Set([
  'signalbox audit verify',
  'signalbox eval check',
  'signalbox sign directory',
  'signalbox trust new-key',
  'signalbox verify-signature component',
  'signalbox verify-signature directory',
  'signalbox verify-signature release',
]);

/** Gives each command examples, the environment, and what wrong use should say. */
export function addHelp(command: Command, parentName = ''): void {
  const name = `${parentName} ${command.name()}`.trim();
  const examples = EXAMPLES[name];
  if (examples) command.addHelpText('after', `\nExamples:\n${examples.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}`);
  if (parentName !== '' && command.commands.length === 0 && !OFFLINE.has(name)) command.addHelpText('after', '\nNeeds SIGNALBOX_API_KEY, and SIGNALBOX_URL unless that is http://127.0.0.1:7070.\nsignalbox --help lists exit codes.');
  command.showHelpAfterError(`Usage: ${name} ${command.usage()}\n${name} --help tells more.`);
  for (const child of command.commands) addHelp(child, name);
}
