import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FolderLock } from '../../runtime/node/folder-lock.ts';
import { RunFolder } from '../../runtime/node/run-folder.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tilegrad-lock-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const locks = () => readdirSync(base);
const write = (name: string, owner: unknown) => writeFileSync(join(base, name), JSON.stringify(owner));
const mine = () => JSON.parse(readFileSync(join(base, locks()[0] as string), 'utf8'));

it('is one at a time, and free again afterwards', () => {
  const lock = FolderLock.take(base);
  expect(() => FolderLock.take(base)).toThrow(`${base} is at work in process ${process.pid}.`);
  lock.release();
  expect(locks()).toEqual([]);
  FolderLock.take(base).release();
});

it('goes over from a process that is gone', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('close', resolve));
  write('.lock-7', { pid: child.pid, host: hostname(), start: '' });
  const lock = FolderLock.take(base);
  expect(locks()).toEqual(['.lock-8']);
  lock.release();
});

it.runIf(process.platform === 'linux')('tells a process from an earlier one that had its number', () => {
  write('.lock-1', { pid: process.pid, host: hostname(), start: 'another boot 1' });
  const lock = FolderLock.take(base);
  expect(mine().start).toMatch(/^\S+ \d+$/);
  expect(() => FolderLock.take(base)).toThrow('is at work');
  lock.release();
});

it('leaves to a person what it can not know', () => {
  write('.lock-1', { pid: 1, host: 'elsewhere.test', start: '' });
  expect(() => FolderLock.take(base)).toThrow(
    `${base} is at work in process 1 on elsewhere.test. If that one is gone, remove ${base}/.lock-1`,
  );
});

it('waits out a lock that is being written, and takes over one that never was', () => {
  write('.lock-1', '');
  expect(() => FolderLock.take(base)).toThrow('at this moment');
  utimesSync(join(base, '.lock-1'), 0, 0);
  FolderLock.take(base).release();
  expect(locks()).toEqual([]);
});

it('a folder keeps nothing open to links that lead out of it', async () => {
  const outside = join(base, 'outside');
  writeFileSync(outside, 'precious');
  const folder = RunFolder.create(join(base, 'run'));
  for (const name of ['log.txt', 'config.json']) symlinkSync(outside, join(folder.path, name));
  await expect(folder.append('log.txt')).rejects.toThrow(/log\.txt: a symbolic link is in the way \(ELOOP\)/);
  await expect(folder.read('config.json')).rejects.toThrow(/config\.json can't be read \(ELOOP\)/);
  await folder.write('config.json', '{}');
  expect(readFileSync(outside, 'utf8')).toBe('precious');
  expect(new TextDecoder().decode(await folder.read('config.json'))).toBe('{}');
  folder.close();
  expect(existsSync(folder.path)).toBe(true);
});
