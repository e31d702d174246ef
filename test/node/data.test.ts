import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, expect, it, onTestFinished, vi } from 'vitest';
import { addDataCommand } from '../../runtime/node/data.ts';
import { sets } from '../../src/data/sets/index.ts';
import { samples } from '../data/sets/samples.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-data-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
for (const [path, bytes] of Object.entries({ ...samples.mnist[0], ...samples.bccd[0] })) {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), bytes);
}

async function data(...words: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  const program = new Command().exitOverride();
  addDataCommand(program);
  try {
    await program.parseAsync(['data', ...words], { from: 'user' });
  } finally {
    log.mockRestore();
  }
  return printed.join('\n');
}

it('lists every set with its licence and where it comes from', async () => {
  const text = await data('list');
  for (const load of Object.values(sets)) {
    const { name, licence } = await load();
    expect(text).toMatch(new RegExp(`^${name} .*${licence.slice(0, 10).replace(/[()]/g, '.')}`, 'm'));
  }
  expect(text).toMatch(/^cifar10 .*download, 1\d\d/m);
  expect(text).toMatch(/^bccd .*https:\/\/github\.com\/Shenggan/m);
});

it('shows where a set is looked for, and what is there', async () => {
  const text = await data('where', 'mnist', '--data', base);
  expect(text).toContain(`data folder: ${base}`);
  expect(text).toMatch(/mnist\/t10k-labels-idx1-ubyte\.gz \(there; cache: .*from https:\/\/ossci/);
  expect(await data('where', 'bccd', '--data', base)).toMatch(/ImageSets.* \(9 files there\)/);
  expect(await data('where', 'cifar10', '--data', base)).toMatch(/\(no cifar10 in the data folder; cache/);
});

it('shows where every set lies, and how the others are to be had', async () => {
  vi.stubEnv('TILEGRAD_CACHE', join(base, 'cache'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const text = await data('where', '--data', base);
  expect(text).toMatch(/^mnist +data folder *$/m);
  expect(text).toMatch(/^bccd +data folder *$/m);
  expect(text).toMatch(/^cifar10 +not here +tilegrad data fetch cifar10$/m);
  expect(text).toMatch(/^msrc_v2 +not here +https:/m);
  // One of MNIST's four files alone, unpacked.
  const part = join(base, 'part');
  mkdirSync(join(part, 'mnist'), { recursive: true });
  writeFileSync(join(part, 'mnist/t10k-labels-idx1-ubyte'), 'any');
  mkdirSync(join(base, 'cache/cifar10'), { recursive: true });
  writeFileSync(join(base, 'cache/cifar10/cifar-10-binary.tar.gz'), 'any');
  const other = await data('where', '--data', part);
  expect(other).toMatch(/^mnist +data folder, in part +tilegrad data fetch mnist$/m);
  expect(other).toMatch(/^cifar10 +cache *$/m);
  for (const load of Object.values(sets)) expect(other).toMatch(new RegExp(`^${(await load()).name} `, 'm'));
});

it('reads a set as a whole, and compares it with what was published', async () => {
  const text = await data('verify', 'mnist', '--data', base);
  expect(text).toMatch(/^MNIST, 12 training and 5 test images, from /);
  expect(text).toMatch(/[0-9a-f]{64} {2}.*t10k-labels-idx1-ubyte\.gz$/m);
  expect(text).toMatch(/train: 12 \(image, label\)/);
  writeFileSync(join(base, 'mnist/t10k-labels-idx1-ubyte.gz'), 'broken');
  await expect(data('verify', 'mnist', '--data', base)).rejects.toThrow(/t10k-labels-idx1-ubyte/);
});

it('refuses what it does not know or can not fetch', async () => {
  await expect(data('where', 'minst')).rejects.toThrow(/unknown data set 'minst'. Did you mean mnist\?/);
  await expect(data('fetch', 'bccd')).rejects.toThrow(/bccd can't be downloaded: it has to be fetched by hand/);
  await expect(data('verify', 'bccd', '--data', join(base, 'nowhere'))).rejects.toThrow(/does not exist/);
  expect(existsSync(join(base, 'nowhere'))).toBe(false);
});
