import { glibcAllocator, needsRestart } from './allocator.ts';

// The allocator reads its settings only at the start of a process, so this one starts itself
// again in place: same process id, same standard streams, some 30 ms.
if (needsRestart(process) && process.execve !== undefined) {
  process.execve(process.execPath, [process.execPath, ...process.execArgv, import.meta.filename, ...process.argv.slice(2)], { ...process.env, ...glibcAllocator });
}

const { runStandalone } = await import('./run.ts');
await runStandalone();
