// Compiles what changed since the last build to dist/: the server, then the console. Otherwise returns at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const ROOTS = ['apps', 'libs', 'migrations', 'bench'];
const CONSOLE = join('apps', 'console');
const CLIENT = join(CONSOLE, 'src', 'api', 'gen');
const SINGLE_FILES = ['package-lock.json', 'tsconfig.json'];
const quiet = process.argv.includes('--quiet');

process.chdir(join(import.meta.dirname, '..'));

function filesBelow(roots) {
  return roots
    .flatMap((root) => readdirSync(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Names a state of sources by their sizes and times. */
function stateOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Runs `build` unless the sources are those of the last time. */
function buildIfChanged(name, paths, build) {
  const stamp = join('dist', `.${name}-stamp`);
  const state = stateOf(paths);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  if (!quiet) console.log(`Building the ${name} (only when sources changed) ...`);
  rmSync(stamp, { force: true });
  mkdirSync('dist', { recursive: true });
  build();
  writeFileSync(stamp, state);
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: quiet ? ['ignore', 'ignore', 'inherit'] : 'inherit' });
  if (status !== 0) {
    console.error(`The build failed in ${args[0]}${quiet ? ': run npm run build to see why' : ': see the errors above'}.`);
    process.exit(status ?? 1);
  }
}

/** What an earlier build made of sources that are gone: it would still be found by its old name. */
function removeLeftovers() {
  for (const output of filesBelow(ROOTS.map((name) => join('dist', name)).filter((path) => existsSync(path)))) {
    const source = relative('dist', output).replace(/\.js(\.map)?$/, '.ts');
    if (source.endsWith('.ts') && !existsSync(source)) rmSync(output);
  }
}

/** Once, at the highest level, so that the server sends what is there. */
function compressConsole() {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  for (const path of filesBelow([join('dist', 'console')])) {
    if (/\.(js|css|svg|html|json)$/.test(path)) writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), quality));
  }
}

const all = filesBelow(ROOTS);
const isConsole = (path) => path.startsWith(join(CONSOLE, '/'));
buildIfChanged('server', [...SINGLE_FILES, 'tsconfig.build.json', ...all.filter((path) => path.endsWith('.ts') && !isConsole(path))], () => {
  run(join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
  removeLeftovers();
});
const contract = all.filter((path) => path.startsWith(join('libs', 'contract', '/')));
buildIfChanged('console', [...SINGLE_FILES, join('scripts', 'generate-client.mjs'), ...contract, ...all.filter((path) => isConsole(path) && !path.startsWith(join(CLIENT, '/')))], () => {
  run(join('scripts', 'generate-client.mjs'));
  run(join('node_modules', 'vite', 'bin', 'vite.js'), 'build', CONSOLE, '--logLevel', 'warn');
  compressConsole();
});
