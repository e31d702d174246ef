// Node and Chromium agree: the same files, the same losses.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { projects } from '../../src/projects/index.ts';
import { describeInChromium } from './chromium.ts';

const program = join(import.meta.dirname, 'train.mjs');
const dist = join(import.meta.dirname, '../../dist');

/** Scripts in a folder of dist/. */
const filesIn = (folder: string) =>
  (existsSync(join(dist, folder)) ? readdirSync(join(dist, folder)) : [])
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${folder}/${name}`);

describeInChromium('Node and Chromium', (chromium) => {
  it('run the same files: the library, what it loads later, and every project', async () => {
    const files = ['tilegrad.js', ...filesIn('library'), ...filesIn('projects')];
    for (const { name } of projects) expect(files).toContain(`projects/${name}.js`);
    const { page } = await chromium.open();
    const served = await page.evaluate(async (paths) => {
      const digest = async (path: string) => {
        const hash = await crypto.subtle.digest('SHA-256', await (await fetch(path)).arrayBuffer());
        return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
      };
      return Promise.all(paths.map(async (path) => [path, await digest(path)]));
    }, files);
    expect(served).toEqual(
      files.map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(dist, path)))
          .digest('hex'),
      ]),
    );
  });

  it('train to the same losses and accuracies, bit for bit', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    const inNode = JSON.parse(stdout);
    // A bare page of the same origin: the gallery's own lets no other scripts in.
    const { page } = await chromium.open('data.json');
    await page.setBypassCSP(true);
    await page.reload();
    const inChromium = await page.evaluate(`(async () => {
      const { train, withoutData } = await import(URL.createObjectURL(new Blob([${JSON.stringify(readFileSync(program, 'utf8'))}], { type: 'text/javascript' })));
      const library = await import('./tilegrad.js');
      const { projects } = await import('./projects/index.js');
      const adapter = async () => ({ adapter: await navigator.gpu.requestAdapter(), name: 'SwiftShader', kind: 'cpu', reason: '' });
      const platform = withoutData(adapter);
      library.setPlatform(platform);
      return train(library, projects, platform);
    })()`);
    expect(inNode.data.synthetic).toBe(true);
    expect(inNode.losses.length).toBeGreaterThan(20);
    expect(inChromium).toEqual(inNode);
  });
});
