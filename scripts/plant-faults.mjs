// Does the suite notice? Plants one fault after the other in a copy of the sources, and runs the tests that ought to catch it:
//   node scripts/plant-faults.mjs            all of them, a few minutes on lavapipe
//   node scripts/plant-faults.mjs sign leak  those whose names hold one of these words
// Ends with an error when a fault survives, or when the text that it changes is gone from the sources.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is wrong, where, the text and what takes its place, the test file and a pattern of its tests' names. */
const FAULTS = [
  ['a wrong sign: the derivative of cos', 'src/engine/ops/unary.ts', 'dy.mul(x.sin()).neg()', 'dy.mul(x.sin())', 'elementwise', 'cos$'],
  [
    'a dropped term: layer norm’s gradient without its second mean',
    'shaders/layerNorm.wgsl',
    ' - (F(x[i]) - origin - mean) * product), i);',
    '), i);',
    'norm',
    'layerNorm',
  ],
  [
    'a dropped term of second order: square',
    'src/engine/ops/unary.ts',
    'derivative: (dy, x) => dy.mul(x).mul(2)',
    'derivative: (dy, x) => dy.mul(x.stopGradient()).mul(2)',
    'elementwise',
    'square$',
  ],
  [
    'a product with 0 left to the driver',
    'src/engine/ops/binary.ts',
    'return exact?.(operand(x, a), operand(y, b)) ?? substitute',
    'return substitute',
    'extremes',
    'operands',
  ],
  [
    'a gradient that nothing flows through again: flip',
    'src/engine/ops/movement.ts',
    '[flip(dy, node.attrs.axes)]',
    '[flip(dy.stopGradient(), node.attrs.axes)]',
    'movement',
    'flip',
  ],
  [
    'an off-by-one: scans in segments miss an element',
    'shaders/scan.wgsl',
    'let line = invocation(group, groups, local);\n  if (line >= params.outer * params.inner) { return; }\n  var run = element(place(line, 0u));',
    'let line = invocation(group, groups, local);\n  if (line + 1u >= params.outer * params.inner) { return; }\n  var run = element(place(line, 0u));',
    'reduce',
    'cumSum',
  ],
  [
    'an epilogue applied twice',
    'shaders/matmulLanes.wgsl',
    'y[index] = T(epilogue(values[j], index));',
    'y[index] = T(epilogue(epilogue(values[j], index), index));',
    'compile',
    'for a network',
  ],
  [
    'common subexpressions are not shared',
    'src/engine/compiler/simplify.ts',
    'if (twin) result = twin;',
    'if (!twin) known.clear();',
    'plan',
    'computed once',
  ],
  [
    'expressions are shared that differ in attributes',
    'src/engine/compiler/simplify.ts',
    'attrsKey(node.attrs)}|',
    "''}|",
    'state',
    'JSON would confuse',
  ],
  [
    'the last use of a tensor alone gets a gradient',
    'src/engine/grad.ts',
    'cotangents.set(input, sum ? sum.add(dx) : dx);',
    'cotangents.set(input, sum ? dx : dx);',
    'elementwise',
    'softplus|tanhShrink|lerp',
  ],
  [
    'values share a buffer while both are needed',
    'src/engine/compiler/memory.ts',
    'for (const { value } of step.bindings) if (!value.place) last.set(value, at);',
    'for (const { value } of step.bindings) if (!value.place && !last.has(value)) last.set(value, at);',
    'compile',
    'fused plans',
  ],
  [
    'a leak: the workspace never gives a buffer up',
    'src/engine/executor/workspace.ts',
    'device.release(present);',
    '',
    'memory',
    'another shape',
  ],
  [
    'a leak: a plan keeps its memory when newer ones push it out',
    'src/engine/executor/bound-plan.ts',
    '[...this.blocks, ...inputs, ...this.constants.values()]',
    '[...inputs, ...this.constants.values()]',
    'memory',
    'another shape',
  ],
  [
    'the learning rate of the first step for ever',
    'src/optim/optimizer.ts',
    'rateAt(group.lr, this.steps), this.steps + 1)',
    'rateAt(group.lr, 0), this.steps + 1)',
    '../optim/optimizers',
    'float64 reference',
  ],
  [
    'a stale seed: every execution draws the same numbers',
    'src/engine/ops/random.ts',
    'const step = this.step++;',
    'const step = this.step;',
    'compile',
    'dropout differs',
  ],
  [
    'an assignment carried out before what reads the old value',
    'src/engine/compiler/planner.ts',
    'for (let i = at + 1; i < ordered.length; i++) if (this.reads(ordered[i].root).some(touches)) return false;',
    '',
    'compile',
    'states in compiled functions',
  ],
  [
    'a broadcast matrix gets the gradient of transposed sums',
    'src/engine/ops/matmul.ts',
    'return sum(reshape(gradient, [gradient.shape[0] / count, count, rows, columns]), 0);',
    'return sum(reshape(gradient, [count, gradient.shape[0] / count, rows, columns]), 1);',
    'products',
    'matmul',
  ],
  [
    'the running variance is the biased one',
    'src/engine/ops/norm.ts',
    'row(2).mul(count / Math.max(1, count - 1))',
    'row(2)',
    '../nn/norm',
    'running statistics',
  ],
  [
    'a loader repeats a sample and leaves another out',
    'src/data/loader.ts',
    'Array.from(this.samplesAt(place), (sample) => this.dataset.get(sample))',
    'Array.from(this.samplesAt(place), (sample, i, all) => this.dataset.get(i === 1 ? all[0] : sample))',
    '../data/loader',
    'every sample once',
  ],
  [
    'a checkpoint forgets Adam’s moments',
    'src/optim/optimizer.ts',
    'for (const { name, offset } of this.parts) kept.set(values[name], offset);',
    "for (const { name, offset } of this.parts) if (name !== 'expAvg') kept.set(values[name], offset);",
    '../optim/optimizers',
    'float64 reference',
  ],
  [
    'a resumed run begins its epoch anew',
    'src/data/loader.ts',
    'this.index = state.index;',
    'this.index = 0;',
    '../train/durable',
    'two optimisers',
  ],
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);
const chosen = FAULTS.filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)));
const copy = mkdtempSync(join(tmpdir(), 'tilegrad-faults-'));
let survived = 0;
try {
  const left = new Set(['node_modules', 'dist', '.git', 'test-artifacts'].map((name) => join(root, name)));
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(path) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [name, file, from, to, test, pattern] of chosen) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${name}: expected this once in ${file}: ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    const args = ['vitest', 'run', join('test/engine', `${test}.test.ts`), '-t', pattern, '--maxWorkers=1', '--reporter=json'];
    const { stdout } = spawnSync('npx', args, { cwd: copy, encoding: 'utf8', maxBuffer: 2 ** 28 });
    writeFileSync(path, text);
    const results = JSON.parse(stdout.slice(stdout.indexOf('{"num'))).testResults.flatMap(({ assertionResults }) => assertionResults);
    const failed = results.filter(({ status }) => status === 'failed').map(({ title }) => title);
    if (failed.length === 0) survived++;
    console.log(`${failed.length > 0 ? 'caught  ' : 'SURVIVED'}  ${name}  (${test}: ${failed.slice(0, 3).join('; ') || 'all passed'})`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = survived > 0 ? 1 : 0;
