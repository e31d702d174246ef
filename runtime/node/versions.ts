// Versions for `--version`, `info` and a run's record.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackage } from './packages.ts';

const versionOf = (packageFile: string) => (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;

/** Where our own package.json lies: one folder above dist/, two above the sources. Undefined in a program that was made of both. */
export function ownFolder(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

export interface Versions {
  readonly tilegrad: string;
  readonly node: string;
  /** The npm package that holds Dawn. */
  readonly webgpu: string;
}

export function versions(): Versions {
  const webgpu = versionOf(findPackage('webgpu/package.json'));
  const own = ownFolder();
  return { tilegrad: own === undefined ? 'unknown' : versionOf(join(own, 'package.json')), node: process.versions.node, webgpu };
}
