// Node and Chromium agree: the same file, the same losses.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';

const program = join(import.meta.dirname, 'train.mjs');
const library = join(import.meta.dirname, '../../dist/tilegrad.js');

describeInChromium('Node and Chromium', (chromium) => {
  it('run the same file', async () => {
    const { page } = await chromium.open();
    const digest = await page.evaluate(async () => {
      const bytes = await (await fetch('tilegrad.js')).arrayBuffer();
      return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(
        '',
      );
    });
    expect(digest).toBe(createHash('sha256').update(readFileSync(library)).digest('hex'));
  });

  it('train to the same losses and accuracies, bit for bit', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    const inNode = JSON.parse(stdout);
    // A bare page of the same origin: the gallery's own lets no other scripts in.
    const { page } = await chromium.open('data.json');
    const inChromium = await page.evaluate(`(async () => {
      const { train, withoutData } = await import(URL.createObjectURL(new Blob([${JSON.stringify(readFileSync(program, 'utf8'))}], { type: 'text/javascript' })));
      const library = await import('./tilegrad.js');
      const adapter = async () => ({ adapter: await navigator.gpu.requestAdapter(), name: 'SwiftShader', kind: 'cpu', reason: '' });
      const platform = withoutData(adapter);
      library.setPlatform(platform);
      return train(library, platform);
    })()`);
    expect(inNode.data.synthetic).toBe(true);
    expect(inNode.losses.length).toBeGreaterThan(20);
    expect(inChromium).toEqual(inNode);
  });
});
