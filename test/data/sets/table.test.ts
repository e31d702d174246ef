// docs/data-sets.md lists every set as its descriptor says; `npm run docs` writes it anew.
import { expect, test } from 'vitest';
import { sets } from '../../../src/data/sets/index.ts';
import { openDataSet } from '../../../src/data/sets/open.ts';
import { isDownloadable } from '../../../src/data/sets/opening.ts';
import type { DataSet, Field } from '../../../src/data/sets/set.ts';
import { platformOf } from './platforms.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');

async function row(key: string, set: DataSet): Promise<string> {
  const few = new Proxy({}, { get: () => 2 }) as Readonly<Record<string, number>>;
  const { parts } = await openDataSet(platformOf({}), set, { use: { limit: few } });
  const field = ([name, { shape, offsets }]: readonly [string, Field]) => `\`${name}\` [${shape.join(', ')}]${offsets ? ', ragged' : ''}`;
  const fields = Object.entries(parts).map(([part, { fields }]) => ({ part, text: Object.entries<Field>(fields).map(field).join('; ') }));
  const same = fields.every(({ text }) => text === fields[0].text);
  const holds = same
    ? `${fields.map(({ part }) => part).join(', ')}: ${fields[0].text}`
    : fields.map(({ part, text }) => `${part}: ${text}`).join('; ');
  const files = set.forms.map(({ files }) =>
    Object.values(files)
      .map((file) => ('folder' in file ? `\`${file.folder}/${file.layout}\`` : `\`${file.path}\``))
      .join(', '),
  );
  const from = `[${set.forms.some(isDownloadable) ? 'downloaded' : 'by hand'}](${set.source})`;
  return `| \`sets.${key}\` | ${[set.title, holds, files.join(' or '), from, set.licence].map(cell).join(' | ')} |`;
}

test('the table of data sets', async () => {
  const rows = await Promise.all(Object.entries(sets).map(async ([key, load]) => row(key, (await load()) as DataSet)));
  const text = `# Data sets

Written by \`npm run docs\` from the sets' own records (\`src/data/sets/\`). \`await openDataSet(platform, sets.cifar10)\` opens one: from the
data folder (\`--data\`, \`TILEGRAD_DATA\`), else from the cache or its address, else it makes synthetic data of the same form and says so.
Folders may lie loose or in a \`.tar.gz\`, \`.tar\` or \`.zip\`. \`tilegrad data list\`, \`where\`, \`fetch\` and \`verify\` do the same at the command line.
Your own files: \`imageFolders\`, \`pascalVoc\`, \`plainText\`, \`wordVectors\`.

Shapes are those of one sample. Bytes become numbers from 0 to 1 in a batch where they are pixels; ragged fields have as many rows as the sample needs.
On a web server without \`tilegrad gallery\`, a folder needs a \`files.json\` that lists it: \`[{ "path": "train/cat/1.jpg", "size": 1234 }, …]\`.

| set | title | parts and fields | files in the data folder | from | licence |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
  await expect(text).toMatchFileSnapshot('../../../docs/data-sets.md');
});
