// The table of ops, checked in Chromium: the first row of every op, forward and gradient against the float64 references.
import { basename } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { wgslEsbuild } from '../../build/wgsl.mjs';
import type { OpCase } from '../engine/check.ts';
import { describeInChromium, type Tab } from './chromium.ts';

const files = import.meta.glob<Record<string, unknown>>('../engine/cases/*.ts', { eager: true });

interface Row {
  readonly name: string;
  /** Where it stands: file, table, number. */
  readonly place: readonly [file: string, table: string, row: number];
}

const seen = new Set<string>();
const rows = Object.entries(files).flatMap(([file, exports]) =>
  Object.entries(exports)
    .filter(([table, value]) => Array.isArray(value) && /[^r]Cases$/.test(table))
    .flatMap(([table, value]) =>
      (value as readonly OpCase[]).flatMap(({ op, about }, row): Row[] => {
        if (seen.has(op)) return [];
        seen.add(op);
        return [{ name: [basename(file, '.ts'), op, about].filter(Boolean).join(', '), place: [file, table, row] }];
      }),
    ),
);

/** What the tables expect of vitest, as it is in a browser. */
const expectInBrowser: Plugin = {
  name: 'vitest-in-browser',
  setup(builder) {
    builder.onResolve({ filter: /^vitest$/ }, () => ({ path: 'vitest', namespace: 'browser' }));
    builder.onLoad({ filter: /./, namespace: 'browser' }, () => ({
      contents: `import { chai, JestChaiExpect } from '@vitest/expect'; chai.use(JestChaiExpect); export const { expect } = chai;`,
      resolveDir: import.meta.dirname,
    }));
  },
};

/** A script that defines `table`. */
async function bundleTable(): Promise<string> {
  const paths = Object.keys(files);
  const { outputFiles } = await build({
    stdin: {
      contents: [
        ...paths.map((path, i) => `import * as file${i} from '${path}';`),
        `const files = { ${paths.map((path, i) => `'${path}': file${i}`).join()} };`,
        `import { setPlatform } from '../../src/index.ts';`,
        `import { checkOp } from '../engine/check.ts';`,
        `const requestAdapter = async () => ({ adapter: await navigator.gpu.requestAdapter(), name: 'SwiftShader', kind: 'cpu', reason: '' });`,
        `setPlatform({ name: 'browser', requestAdapter });`,
        'export const check = ([file, table, row]) => checkOp(files[file][table][row]);',
      ].join('\n'),
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'iife',
    globalName: 'table',
    plugins: [wgslEsbuild, expectInBrowser],
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

describeInChromium('an op in Chromium agrees with its reference', (chromium) => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await chromium.newTab();
    await tab.page.goto(chromium.url);
    await tab.page.evaluate(await bundleTable());
  });

  it('every family has a row', () => {
    expect(new Set(rows.map(({ place: [file] }) => file)).size).toBeGreaterThan(20);
  });

  it.each(rows)('$name', async ({ place }) => {
    await tab.page.evaluate(`table.check(${JSON.stringify(place)})`);
  });
});
