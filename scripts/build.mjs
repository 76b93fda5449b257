// Compiles to dist/ when a source is newer than the last build; otherwise returns at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const STAMP = 'dist/.build-stamp';
const ROOTS = ['apps', 'libs', 'migrations', 'bench'];
const SINGLE_FILES = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const quiet = process.argv.includes('--quiet');

process.chdir(join(import.meta.dirname, '..'));

function sourceState() {
  const hash = createHash('sha256');
  const note = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  for (const file of SINGLE_FILES) if (existsSync(file)) note(file);
  for (const root of ROOTS) {
    const paths = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.toSorted()) note(path);
  }
  return hash.digest('hex');
}

/** What an earlier build made of sources that are gone: it would still be found by its old name. */
function removeLeftovers() {
  for (const root of ROOTS.map((name) => join('dist', name)).filter((path) => existsSync(path))) {
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      const output = join(entry.parentPath, entry.name);
      const source = relative('dist', output).replace(/\.js(\.map)?$/, '.ts');
      if (entry.isFile() && source.endsWith('.ts') && !existsSync(source)) rmSync(output);
    }
  }
}

const state = sourceState();
const built = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
if (built !== state) {
  if (!quiet) console.log('Compiling Signalbox (only when sources changed) ...');
  rmSync(STAMP, { force: true });
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (status !== 0) {
    console.error('The build failed: see the errors above.');
    process.exit(status ?? 1);
  }
  removeLeftovers();
  mkdirSync('dist', { recursive: true });
  writeFileSync(STAMP, state);
}
