// A project's source as the page shows it: the files as they are, highlighted, and the same in one program for the playground.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { typescriptLanguage } from '@codemirror/lang-javascript';
import { highlightCode, tagHighlighter, tags } from '@lezer/highlight';
import { parse } from 'acorn';
import ts from 'typescript';

/** What a reader wants first; the others by name, behind them what the project shares with others. The card says nothing that the page doesn't. */
const order = ['model.ts', 'index.ts'];
const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length + (name.startsWith('..') ? 1 : 0));

/** The page of a file in the repository that package.json names; undefined where it names none on GitHub. */
export function sourcePage(repository, path) {
  const address = typeof repository === 'string' ? repository : repository?.url;
  const found = /^(?:github:|(?:git\+)?(?:https|ssh):\/\/(?:git@)?github\.com\/)?([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(address ?? '');
  return found?.[1] && `https://github.com/${found[1]}/blob/HEAD/${path}`;
}

/** Writes `NAME.code.html`, a part a file, and `NAME.program.mjs`. Each file's name leads to its place in the repository, where there is one. */
export async function writeCode(folder, name, out, repository) {
  const { files, program } = await programOf(folder);
  const names = files.map((file) => relative(folder, file)).filter((file) => file !== 'card.ts');
  names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en'));
  const parts = await Promise.all(
    names.map(async (file) => {
      const text = await readFile(join(folder, file), 'utf8');
      const page = sourcePage(repository, join(folder, file));
      const called = file.replace(/^[./]+/, '');
      const title = page ? `<a href="${page}" target="_blank" rel="noopener">${called}</a>` : called;
      return `<section><h3>${title}</h3><pre tabindex="0" aria-label="${called}"><code>${highlighted(text)}</code></pre></section>`;
    }),
  );
  await writeFile(join(out, `${name}.code.html`), parts.join('\n'));
  await writeFile(join(out, `${name}.program.mjs`), program);
}

/** As the playground's editor has it, but for names: with these the file would weigh several times as much. */
const colours = tagHighlighter(
  Object.entries({
    keyword: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.self],
    text: [tags.string, tags.regexp, tags.special(tags.string)],
    number: [tags.number, tags.bool, tags.null],
    comment: [tags.comment],
    type: [tags.className, tags.typeName],
  }).map(([name, tag]) => ({ tag, class: name })),
);

function highlighted(text) {
  const code = text.trimEnd();
  let html = '';
  const escaped = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  highlightCode(
    code,
    typescriptLanguage.parser.parse(code),
    colours,
    (words, name) => {
      html += name ? `<span class="${name}">${escaped(words)}</span>` : escaped(words);
    },
    () => {
      html += '\n';
    },
  );
  return html;
}

/**
 * All of a project in one program that imports 'tilegrad' alone: its files one after the other, without types. Comments stay. And the list of its files.
 * @throws Error where two files have the same name for different things
 */
async function programOf(folder) {
  const done = new Set();
  const library = new Set();
  const declared = new Map();
  const texts = [];
  let exported = '';
  const add = async (file) => {
    if (done.has(file)) return;
    done.add(file);
    const { outputText } = ts.transpileModule(await readFile(file, 'utf8'), {
      compilerOptions: { target: 'ESNext', module: 'ESNext', isolatedModules: true, removeComments: false },
    });
    const cuts = [];
    for (const node of parse(outputText, { ecmaVersion: 'latest', sourceType: 'module' }).body) {
      if (node.type === 'ImportDeclaration') {
        cuts.push([node.start, node.end + 1]);
        const from = resolve(dirname(file), node.source.value);
        for (const { imported, local } of node.specifiers) {
          if (imported?.name !== local.name) throw new Error(`${file}: imports ${local.name} under another name: its program can't`);
          if (from === resolve('src/index.ts')) library.add(local.name);
        }
        if (from !== resolve('src/index.ts')) await add(relative('.', from));
        continue;
      }
      const statement = node.declaration ?? node;
      if (node.type.startsWith('Export')) {
        const renames = node.specifiers?.some(({ local, exported }) => local.name !== exported.name);
        if (node.type !== 'ExportNamedDeclaration' || node.source || renames) {
          throw new Error(`${file}: expected exports of its own declarations, by their own names`);
        }
        if (!node.declaration) {
          cuts.push([node.start, node.end + 1]);
          continue;
        }
        cuts.push([node.start, statement.start]);
        if (file.endsWith('index.ts')) exported = statement.declarations[0].id.name;
      }
      const words = outputText.slice(statement.start, statement.end);
      for (const id of statement.id ? [statement.id] : (statement.declarations ?? []).flatMap(({ id }) => namesIn(id))) {
        const other = declared.get(id.name);
        // A constant that two files have alike stands once.
        if (other?.words === words) cuts.push([node.start, node.end + 1]);
        else if (other)
          throw new Error(`${file} and ${other.file} have different things called ${id.name}: in one program there can't be both`);
        else declared.set(id.name, { file, words });
      }
    }
    let text = '';
    let end = 0;
    for (const [from, to] of cuts) {
      text += outputText.slice(end, from);
      end = to;
    }
    texts.push(`// ${file.split('/').at(-1)}\n${(text + outputText.slice(end)).trim()}`);
  };
  await add(join(folder, 'index.ts'));
  library.add('runInMemory');
  if (declared.has('summary')) throw new Error(`${declared.get('summary').file}: its program needs the name summary for what was found`);
  const imports = `import { ${[...library].sort().join(', ')} } from 'tilegrad';`;
  const how = [
    '// The whole of it, at a size that takes seconds. In place of smallest: quick, default or full; options as the project names them above.',
    `const { summary } = await runInMemory(${exported}, { preset: 'smallest', show: (shown) => console.log(shown) });`,
    'console.log(summary);',
  ];
  return { files: [...done], program: `${[imports, ...texts, how.join('\n')].join('\n\n')}\n` };
}

const namesIn = (pattern) => {
  if (pattern.type === 'Identifier') return [pattern];
  if (pattern.type === 'AssignmentPattern') return namesIn(pattern.left);
  if (pattern.type === 'RestElement') return namesIn(pattern.argument);
  if (pattern.type === 'ArrayPattern') return pattern.elements.flatMap((one) => (one ? namesIn(one) : []));
  return pattern.properties.flatMap((one) => namesIn(one.value ?? one));
};
