// Versions for `--version`, `info` and a run's record.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackage } from './packages.ts';

const versionOf = (packageFile: string) => (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;

/** Our own package.json: one folder above dist/, two above the sources. */
function ownVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'package.json');
    if (existsSync(candidate)) return versionOf(candidate);
    if (folder === dirname(folder)) return 'unknown';
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
  return { tilegrad: ownVersion(), node: process.versions.node, webgpu };
}
