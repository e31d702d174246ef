// The built program, as a person starts it. `npm test` builds it first.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrange } from '../../runtime/node/arguments.ts';
import { kebabCase } from '../../runtime/run/options.ts';
import { projects } from '../../src/projects/index.ts';

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'tilegrad-cli-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function tilegrad(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, '../../dist/cli.js'), ...args], { cwd: base }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

const project = projects[0];
if (!project) throw new Error('there is no project to run');

it('has help everywhere', async () => {
  const main = await tilegrad('--help');
  expect(main.code).toBe(0);
  for (const command of ['info', 'list', 'gallery', 'run']) expect(main.out).toContain(command);
  const run = await tilegrad('run', '--help');
  expect(run.out).toContain(project.name);
  const one = await tilegrad('run', project.name, '--help');
  const { options } = await project.load();
  for (const [name, { default: value }] of Object.entries(options)) {
    expect(one.out).toContain(`--${kebabCase(name)}`);
    expect(one.out.replace(/\s+/g, ' ')).toContain(`default: ${value}`);
  }
  for (const option of ['--quick', '--full', '--seed', '--out', '--data', '--adapter', '--resume', '--json'])
    expect(one.out).toContain(option);
});

it('lists the projects', async () => {
  expect((await tilegrad('list')).out).toContain(project.title);
  expect(JSON.parse((await tilegrad('list', '--json')).out)).toHaveLength(projects.length);
  expect((await tilegrad('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('tells every adapter, the choice and the reason', async () => {
  const info = JSON.parse((await tilegrad('info', '--json')).out);
  expect(info.adapters.filter(({ chosen }: { chosen: boolean }) => chosen)).toHaveLength(1);
  expect(info.reason).not.toBe('');
  expect(info.versions.node).toBe(process.versions.node);
  for (const { limits, features } of info.adapters) {
    expect(limits.maxBufferSize).toBeGreaterThan(0);
    expect(features.length).toBeGreaterThan(0);
  }
  expect((await tilegrad('info')).out).toContain('* is the one a run uses');
});

describe('what is wrong is said in one paragraph, with exit code 1', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
    ['a command', ['inof'], /unknown command 'inof'[\s\S]*info/],
    [
      'a project',
      ['run', `${project.name}x`, '--whatever', '3'],
      new RegExp(`unknown project '${project.name}x'. Did you mean ${project.name}\\?`),
    ],
    ['an option', ['run', project.name, '--sed', '3'], /unknown option '--sed'\n\(Did you mean --seed\?\)/],
    ['a seed', ['run', project.name, '--seed', '-1'], /--seed .* whole number/],
    ['the data folder', ['run', project.name, '--data', 'nowhere'], /the data folder nowhere does not exist/],
    ['the adapter', ['run', project.name, '--adapter', 'voodoo', '--out', 'x'], /no adapter is called "voodoo". There is/],
    ['the output folder', ['run', project.name, '--out', join(import.meta.filename, 'x')], /can't write .*ENOTDIR/],
    ['the run to go on with', ['run', project.name, '--resume', 'nowhere'], /--resume nowhere: its config.json can't be read/],
  ];
  it.each(cases)('%s', async (_what, args, message) => {
    const { code, err } = await tilegrad(...args);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n {4}at /);
    expect(code).toBe(1);
  });
});

it('takes the project anywhere behind run', () => {
  const names = ['walk', 'jump'];
  expect(arrange(['run', '--quick', 'walk', '--seed', '3'], names)).toEqual(['run', 'walk', '--quick', '--seed', '3']);
  expect(arrange(['run', '--out', 'jump', 'walk', '--data=jump'], names)).toEqual(['run', 'walk', '--out', 'jump', '--data=jump']);
  expect(arrange(['run', 'walk', '--quick'], names)).toEqual(['run', 'walk', '--quick']);
  expect(arrange(['run', '--help'], names)).toEqual(['run', '--help']);
  expect(() => arrange(['run', 'sleep'], names)).toThrow("unknown project 'sleep'. There is: walk, jump.");
});

it('an error that nobody catches says its real name', async () => {
  const program = `import { tensor } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../dist/node.js')).href)}; tensor([1, 2]).add(tensor([1, 2, 3]));`;
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]).catch((error) => error);
  expect(stderr).toMatch(/^ShapeError: /m);
  expect(stderr).not.toContain('[ShapeError]');
});

it('a tensor in console.log shows its type and shape', async () => {
  const program = `import { tensor } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../dist/node.js')).href)}; console.log([tensor([[1, 2]]).exp()]);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).toBe('[ Tensor(f32, [1, 2]) ]\n');
});

it.each([
  ['a CommonJS program', 'program.cjs', (library: string) => `import('${library}').then((tilegrad) => main(tilegrad));`],
  ['a module', 'program.mjs', (library: string) => `main(await import('${library}'));`],
])('the stack of an error begins at the line of %s', async (_, name, load) => {
  const library = pathToFileURL(join(import.meta.dirname, '../../dist/node.js')).href;
  const program = join(base, name);
  writeFileSync(
    program,
    `function main({ tensor, losses, nn }) {
  for (const call of [
    () => tensor([1, 2]).reshape([3]),
    () => losses.crossEntropy(tensor([[1, 2]]), tensor([1, 2])),
    () => new nn.Linear(3, 4).forward(tensor([[1, 2]])),
  ]) try { call(); } catch (error) { console.log(error.stack.split('\\n')[1]); }
}
${load(library)}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(3);
  for (const [i, line] of lines.entries()) expect(line).toMatch(new RegExp(`${name}:${i + 3}:\\d+`));
});
