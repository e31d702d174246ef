// Every example, and every whole program among the code blocks of the documents, runs as a reader would run it: with the built package.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { kebabCase } from '../runtime/run/options.ts';
import { projects } from '../src/projects/index.ts';

const root = join(import.meta.dirname, '..');

/** Runs Node in the package's folder, where `tilegrad` is the package itself. */
function run(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, timeout: 400_000 }, (error, out, err) =>
      error ? reject(new Error(`${error.message}\n${err}`)) : resolve(out),
    );
  });
}

const examples = readdirSync(join(root, 'examples'));

it.each(examples)('examples/%s', async (name) => {
  expect(await run(join('examples', name))).not.toBe('');
});

it('classes have their names in the built package', async () => {
  const code = "import { nn, optim } from 'tilegrad'; console.log([new nn.Linear(1, 1).constructor.name, optim.Adam.name].join())";
  expect(await run('--input-type=module', '--eval', code)).toBe('Linear,Adam\n');
});

it('the README names every example', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(examples.filter((name) => !readme.includes(`(examples/${name})`))).toEqual([]);
});

interface Program {
  readonly place: string;
  readonly code: string;
  /** What the document says it prints, when a text block follows. */
  readonly output: string | undefined;
}

const documents = ['README.md', ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [join('docs', name)] : []))];

const programs = documents.flatMap((file): Program[] => {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)]
    .filter(([, code]) => /^import .* from 'tilegrad';$/m.test(code))
    .map(([, code, output], i) => ({ place: `${file}, program ${i + 1}`, code, output }));
});

/** The words of a text, and its numbers apart. */
const words = (text: string) => text.replace(/\d+(\.\d+)?/g, '#');
const numbers = (text: string) => [...text.matchAll(/\d+(\.\d+)?/g)].map(([number]) => Number(number));

it('the README holds a whole program', () => {
  expect(programs.filter(({ place }) => place.startsWith('README.md'))).toHaveLength(1);
});

it.each(programs)('$place', async ({ code, output }) => {
  const printed = await run('--input-type=module', '--eval', code);
  if (output === undefined) return;
  expect(words(printed)).toBe(words(output));
  // Adapters round differently, which training amplifies.
  const expected = numbers(output);
  numbers(printed).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(0.1 * expected[i]));
});

it.each(projects)('the README of $name lists its options as they are', async ({ name, document, load }) => {
  const { options, presets } = await load();
  const readme = readFileSync(join(root, 'src/projects', document, name, 'README.md'), 'utf8');
  const rows = Object.entries(options).map(([option, spec]) => {
    const values = [spec.default, presets.quick[option] ?? '', presets.full[option] ?? ''];
    return `| \`--${kebabCase(option)}\` | ${values.join(' | ')} | ${spec.help} |`;
  });
  const listed = readme.split('\n').filter((line) => line.startsWith('| `--'));
  expect(listed).toEqual(rows);
});
