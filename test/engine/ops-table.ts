// docs/ops.md, made from what the sources and the test rows say of every public op: its docstring's tags, and the kernels and gradients
// that its rows reach.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import * as opModule from '../../src/engine/ops/index.ts';
import { methodNames } from '../../src/engine/ops/methods.ts';
import { gradients, losses, type Tensor } from '../../src/index.ts';
import { allCases } from './all-cases.ts';
import type { OpCase } from './check.ts';
import { ADAPTERS, planOf } from './plan-of.ts';

const root = new URL('../../', import.meta.url);

/** What the source says of an op. */
export interface Documented {
  readonly name: string;
  /** File under src/, and what its first comment says it holds. */
  readonly file: string;
  readonly about: string;
  readonly summary: string;
  readonly parameters: readonly string[] | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface OpRow extends Documented {
  readonly call: string;
  readonly dtypes: string;
  readonly order: string;
  readonly kernels: string;
}

/** Names of the ops that users call. */
export const opNames = (notOps: readonly string[]): string[] => {
  const functions = Object.entries(opModule).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  return [...new Set([...functions, ...methodNames, ...Object.keys(losses)])].filter((name) => !notOps.includes(name));
};

function sources(): string[] {
  const under = (folder: string) =>
    readdirSync(new URL(folder, root), { recursive: true })
      .map((name) => `${folder}${String(name)}`)
      .filter((name) => name.endsWith('.ts'));
  return [...under('src/engine/ops/'), ...under('src/nn/').filter((name) => name.includes('losses'))].filter(
    (name) => !/\/(lower\/|methods\.ts|index\.ts)/.test(name),
  );
}

/** Docstrings of exported functions, and of the rows of tables (properties of a top-level object). */
export function documented(): Map<string, Documented> {
  const found = new Map<string, Documented>();
  for (const file of sources()) {
    const text = readFileSync(new URL(file, root), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const about =
      text
        .match(/^(?:\/\/ .*\n)+/)?.[0]
        .replace(/^\/\/ /gm, '')
        .replace(/\n/g, ' ')
        .trim() ?? '';
    const add = (name: string, node: ts.Node, parameters: readonly string[] | undefined): void => {
      const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
      const doc = docs[docs.length - 1];
      const tags = Object.fromEntries((doc?.tags ?? []).map((tag) => [tag.tagName.text, plain(ts.getTextOfJSDocComment(tag.comment))]));
      const entry = { name, file, about, summary: plain(ts.getTextOfJSDocComment(doc?.comment)), parameters, tags };
      const known = found.get(name);
      if (!known || Object.keys(known.tags).length < Object.keys(tags).length) found.set(name, entry);
    };
    for (const statement of source.statements) {
      if (ts.isFunctionDeclaration(statement) && statement.name) {
        add(statement.name.text, statement, statement.parameters.map(parameterText));
      } else if (ts.isVariableStatement(statement)) {
        for (const { name, initializer } of statement.declarationList.declarations) {
          const value =
            initializer && (ts.isAsExpression(initializer) || ts.isSatisfiesExpression(initializer) ? initializer.expression : initializer);
          if (value && ts.isArrowFunction(value)) add(name.getText(), statement, value.parameters.map(parameterText));
          if (!value || !ts.isObjectLiteralExpression(value)) continue;
          for (const property of value.properties) if (property.name) add(property.name.getText(), property, undefined);
        }
      }
    }
  }
  return found;
}

const plain = (text: string | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();

function parameterText(parameter: ts.ParameterDeclaration): string {
  const optional = parameter.questionToken || parameter.initializer;
  const name = ts.isIdentifier(parameter.name) ? parameter.name.text.replace(/^_/, '') : 'options';
  return `${parameter.dotDotDotToken ? '…' : ''}${name}${optional ? '?' : ''}`;
}

/** Kernel files that the rows of an op reach, forward and backward, on any kind of adapter. */
function kernelsOf(rows: readonly OpCase[]): string[] {
  const files = new Set<string>();
  for (const row of rows) {
    const wrt = row.wrt ?? row.inputs.flatMap(({ dtype }, i) => (dtype === 'f32' ? [i] : []));
    const fn = (...xs: Tensor[]): Tensor[] => {
      const y = row.apply(...xs);
      return wrt.length === 0
        ? [y]
        : [
            y,
            ...gradients(
              y.sum(),
              wrt.map((i) => xs[i]),
            ),
          ];
    };
    for (const traits of Object.values(ADAPTERS)) for (const { shader } of planOf(fn, row.inputs, traits).steps) files.add(shader);
  }
  return [...files].filter((file) => file !== 'fused' && file !== 'reduce' && file !== 'reduceSlices').sort();
}

export function opRows(notOps: readonly string[]): OpRow[] {
  const docs = documented();
  return opNames(notOps).flatMap((name): OpRow[] => {
    const doc = docs.get(name);
    if (!doc) return [];
    const rows = allCases.filter(({ op }) => op === name);
    const differentiable = rows.some(({ wrt, inputs }) => (wrt ? wrt.length > 0 : inputs.some(({ dtype }) => dtype === 'f32')));
    const order = rows.some(({ second }) => second) ? '2' : differentiable ? '1' : '–';
    const dtypes = [...new Set([...(doc.tags.dtypes ?? 'f32').split(/, */), ...(rows.some(({ f16 }) => f16) ? ['f16'] : [])])].join(', ');
    const parameters = doc.parameters ?? ['x', ...(doc.tags.formula?.includes('b') && /\bb\b/.test(doc.tags.formula) ? ['b'] : [])];
    const isMethod = methodNames.includes(name);
    const prefix = doc.file.startsWith('src/nn/') ? 'losses.' : isMethod ? `${parameters[0]}.` : '';
    const call = `${prefix}${name}(${(isMethod ? parameters.slice(1) : parameters).join(', ')})`;
    return [{ ...doc, call, dtypes, order, kernels: kernelsOf(rows).join(', ') || 'generated' }];
  });
}

export function markdown(rows: readonly OpRow[]): string {
  const cell = (text: string) => text.replace(/\|/g, '\\|').replace(/\n/g, ' ');
  const files = [...new Set(rows.map(({ file }) => file))].sort();
  const sections = files.map((file) => {
    const own = rows.filter((row) => row.file === file);
    const title = file.replace(/^src\/(engine\/ops|nn)\//, '').replace(/(\/index)?\.ts$/, '');
    return [
      `## ${title}`,
      '',
      own[0].about,
      '',
      '| op | formula | shapes | dtypes | derivatives | kernel | PyTorch |',
      '|---|---|---|---|---|---|---|',
      ...own.map((row) =>
        [
          '',
          `\`${cell(row.call)}\`<br>${cell(row.summary)}`,
          cell(row.tags.formula ?? ''),
          cell(row.tags.shapes ?? ''),
          row.dtypes,
          row.order,
          row.kernels,
          cell(row.tags.torch ?? ''),
          '',
        ]
          .join(' | ')
          .trim(),
      ),
    ].join('\n');
  });
  return `${HEAD(rows.length)}\n\n${sections.join('\n\n')}\n`;
}

const HEAD = (count: number): string => `# Ops

<!-- Generated by \`npm run docs\` from the docstrings in src/ and the rows of test/engine/cases/; a test fails when it is out of date. -->

${count} ops. Each has rows in the tables of \`test/engine/cases/\`: its values against a naive reference in float64, its gradient against
central differences of that reference, and, where the column says 2, the gradient's gradient.

- **derivatives**: the order to which the rows check them; – means that the op has none (its results are indices, comparisons or bits).
- **kernel**: the files in \`shaders/\` that the op and its gradient reach on some kind of adapter; \`generated\` means that the compiler
  writes the code and fuses it with what is around it. Sums that broadcasting needs (\`reduce\`) aren't named.
- **dtypes**: f16 is there on adapters with \`shader-f16\`.

The tables pass on SwiftShader and on lavapipe (Mesa 25), which is where CI runs them. They have not been run on a hardware GPU yet; the
variants that GPUs get run on the software adapters, and compile on Dawn's null backend.`;
