// The package's types as programs meet them: checked with the libraries, with a DOM that has WebGPU's types and without any.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
// In a folder of its own, which finds nothing of our node_modules.
const app = mkdtempSync(join(tmpdir(), 'tilegrad-types-'));
afterAll(() => rmSync(app, { recursive: true, force: true }));
mkdirSync(join(app, 'node_modules/tilegrad'), { recursive: true });
for (const name of ['dist', 'package.json']) symlinkSync(join(root, name), join(app, 'node_modules/tilegrad', name));

const program = `import { type AdapterChoice, compile, losses, nn, optim, type Tensor, tensor } from 'tilegrad';
const model = new nn.Linear(1, 1);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
const step = compile((x: Tensor, y: Tensor) => {
  const loss = losses.mse(model.forward(x), y);
  optimizer.minimize(loss);
  return loss;
});
export const loss: Promise<number> = step(tensor([1]), tensor([2])).item();
// @ts-expect-error an option that there isn't
new optim.SGD(model.parameters(), { rate: 0.1 });
`;

/** What the compiler says about a program, a line each. */
function check(code: string, options: ts.CompilerOptions): string[] {
  const file = join(app, 'app.ts');
  writeFileSync(file, code);
  const strict = { strict: true, skipLibCheck: false, noEmit: true, types: [], target: ts.ScriptTarget.ES2022, preserveSymlinks: true };
  const made = ts.createProgram([file], { ...strict, ...options });
  const others = made.getSourceFiles().filter(({ fileName }) => /node_modules\/(?!tilegrad|typescript)/.test(fileName));
  expect(others.map(({ fileName }) => fileName)).toEqual([]);
  return ts.getPreEmitDiagnostics(made).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const standard = ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'];

it('in Node, without a DOM', () => {
  const { NodeNext } = ts.ModuleKind;
  expect(check(program, { module: NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, lib: standard })).toEqual([]);
});

it('in a browser, an adapter is what the DOM library says it is', () => {
  // As TypeScript 6 has it; 5.9's DOM library has no WebGPU.
  const code = `${program}declare global {
  interface GPUAdapter { readonly own: true }
  var GPUAdapter: { prototype: GPUAdapter };
}
export const own: (choice: AdapterChoice) => true = ({ adapter }) => adapter.own;
`;
  const bundled = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  expect(check(code, { ...bundled, lib: [...standard, 'lib.dom.d.ts'] })).toEqual([]);
});
