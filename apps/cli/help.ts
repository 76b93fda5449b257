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
  'signalbox import': ['signalbox import /models/Mixtral-8x7B --model mixtral --activate'],
  'signalbox releases': ['signalbox releases --model tiny-mixtral'],
  'signalbox keys create': ['signalbox keys create dashboard --scopes read', 'signalbox keys create app --scopes inference'],
  'signalbox demo': ['signalbox demo', 'signalbox demo --prompts my-prompts   lines of {"prompt", "task", "language"}'],
};

/** Gives each command examples, the environment, and what wrong use should say. */
export function addHelp(command: Command, parentName = ''): void {
  const name = `${parentName} ${command.name()}`.trim();
  const examples = EXAMPLES[name];
  if (examples) command.addHelpText('after', `\nExamples:\n${examples.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}`);
  if (parentName !== '' && command.commands.length === 0) command.addHelpText('after', '\nNeeds SIGNALBOX_API_KEY, and SIGNALBOX_URL unless that is http://127.0.0.1:7070.\nsignalbox --help lists exit codes.');
  command.showHelpAfterError(`Usage: ${name} ${command.usage()}\n${name} --help tells more.`);
  for (const child of command.commands) addHelp(child, name);
}
