// The examples as data: the playground's list is made of the files themselves.
import { readdir, readFile } from 'node:fs/promises';

/** From the first steps to the finer points. */
const order = [
  'digits',
  'tensors',
  'linear-regression',
  'second-order',
  'own-data',
  'transformer',
  'recurrent',
  'optimizers',
  'game-of-life',
  'custom-kernel',
  'look-inside',
  'save-and-load',
];

/**
 * Each example's name, title, summary and code. A file begins with its title as a comment; the comment's other lines say what it shows.
 * Throws when a file is missing, or isn't in the list.
 */
export async function readExamples(folder = 'examples') {
  const files = (await readdir(folder)).map((file) => file.replace(/\.mjs$/, ''));
  const odd = [...files.filter((name) => !order.includes(name)), ...order.filter((name) => !files.includes(name))];
  if (odd.length > 0) throw new Error(`${odd.join(', ')}: expected in ${folder}/ and in the list of build/examples.mjs`);
  return Promise.all(
    order.map(async (name) => {
      const code = await readFile(`${folder}/${name}.mjs`, 'utf8');
      const comment = code.match(/^(?:\/\/ .*\n)+/)?.[0] ?? '';
      const [title, ...summary] = comment
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(3));
      if (!title || summary.length === 0) throw new Error(`${folder}/${name}.mjs: expected comment lines first, a title and a summary`);
      return { name, title, summary: summary.join(' '), code };
    }),
  );
}
