// All set-up that `npm start`, `npm run gallery`, `npm run build`, `npm test` and `npm run bench` need, done only where it is due: installs the packages of
// package-lock.json, then builds dist/. Runs before anything is installed, so it uses Node alone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

checkNode();
const why = installIsDue();
if (why) install(why);
const sources = hashSources();
// Whoever asks for it by name gets it anew.
if (process.env.npm_lifecycle_event === 'build') build(sources, 'npm run build');
else if (readOr('dist/.sources') !== sources) build(sources, existsSync('dist') ? 'the sources changed' : 'it is missing');

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 11)) return;
  fail(`tilegrad needs Node 20.11 or newer; this is ${process.versions.node}. Get a newer one from https://nodejs.org and try again.`);
}

/** By content, not by time: a fresh checkout or a copied folder has times that mean nothing. */
function installIsDue() {
  const installed = readOr('node_modules/.package-lock.json');
  if (!installed) return 'node_modules is missing';
  const lock = readOr('package-lock.json');
  if (!lock) return undefined;
  const have = JSON.parse(installed).packages;
  for (const [path, { version, optional, os, cpu, link }] of Object.entries(JSON.parse(lock).packages)) {
    // Optional ones may be absent: they are for other platforms.
    if (path === '' || link || (!have[path] && (optional || os || cpu))) continue;
    if (have[path]?.version !== version) return `${path} is ${have[path]?.version ?? 'missing'}, package-lock.json says ${version}`;
  }
  return undefined;
}

function install(why) {
  const command = existsSync('package-lock.json') ? 'ci' : 'install';
  console.log(`set-up: npm ${command} (${why})`);
  // Inside `npm start` npm names its own script; that one needs no search path and no shell.
  const npm = process.env.npm_execpath;
  // Tests and build need the development packages, whatever NODE_ENV says.
  const args = [command, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { stdio: 'inherit' })
    : spawnSync('npm', args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.error) fail(`npm could not be started: ${result.error.message}. Is npm installed beside Node?`);
  if (result.status !== 0) {
    fail(
      `npm ${command} failed (exit code ${result.status ?? result.signal}): its message stands above. It needs the npm registry once; check the network or npm's proxy settings, then try again. If it says that package.json and package-lock.json differ, run \`npm install\` once.`,
    );
  }
}

function hashSources() {
  const hash = createHash('sha256');
  for (const path of [
    'package.json',
    'tsconfig.json',
    ...['src', 'runtime', 'shaders', 'build', 'examples', 'docs/images'].flatMap(filesBelow),
  ]) {
    if (!existsSync(path)) continue;
    // Lengths keep one file's end from passing for the next one's beginning.
    const content = readFileSync(path);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .sort();
}

function build(sources, why) {
  console.log(`set-up: building dist/ (${why})`);
  const { status, signal } = spawnSync(process.execPath, ['build/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) fail(`the build failed (exit code ${status ?? signal}): its message stands above. Nothing was run.`);
  writeFileSync('dist/.sources', sources);
}

function readOr(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function fail(message) {
  console.error(`set-up: ${message}`);
  process.exit(1);
}
