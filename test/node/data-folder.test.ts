import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-data-folder-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const write = (path: string) => {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), path);
};

it('a data folder is listed with all that its links lead to, and not for ever', async () => {
  for (const path of ['data/pets/b/2.jpg', 'data/pets/a/1.jpg', 'data/pets/.DS_Store', 'elsewhere/3.jpg']) write(path);
  symlinkSync(join(base, 'elsewhere'), join(base, 'data/pets/c'));
  symlinkSync(join(base, 'data/pets'), join(base, 'data/pets/a/round'));
  symlinkSync(join(base, 'nowhere'), join(base, 'data/pets/broken'));
  const platform = nodePlatform({ data: join(base, 'data') });
  expect(await platform.listData('pets')).toEqual({
    files: [
      { path: 'a/1.jpg', size: 17 },
      { path: 'b/2.jpg', size: 17 },
      { path: 'c/3.jpg', size: 15 },
    ],
    named: true,
  });
  expect(new TextDecoder().decode((await platform.readData('pets/c/3.jpg'))?.bytes)).toBe('elsewhere/3.jpg');
  expect(await platform.listData('cats')).toBeUndefined();
  expect(await platform.listData('pets/a/1.jpg')).toBeUndefined();
  await expect(nodePlatform({ data: join(base, 'none') }).listData('pets')).rejects.toThrow(/does not exist/);
});
