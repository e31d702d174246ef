// The licences of the packages whose code stands in our files: named at the end of each file, whole in NOTICES.txt.
import { readdir, readFile, writeFile } from 'node:fs/promises';

const used = new Set();

/** esbuild plugin, for builds that write their files. */
export const notices = {
  name: 'notices',
  setup(builder) {
    builder.initialOptions.metafile = true;
    builder.onEnd(async ({ metafile }) => {
      for (const [file, { inputs }] of Object.entries(metafile?.outputs ?? {})) {
        if (!file.endsWith('.js')) continue;
        const own = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
        const packages = own.flatMap((path) => /(?<=^node_modules\/)(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
        const names = [...new Set(packages)].sort();
        if (names.length === 0) continue;
        for (const name of names) used.add(name);
        const licences = await Promise.all(names.map(async (name) => `${name} (${(await manifest(name)).license})`));
        const text = await readFile(file, 'utf8');
        const notice = `/*! Contains ${licences.join(', ')}. Their licences: NOTICES.txt */\n`;
        // The address of the source map stays the last line.
        await writeFile(
          file,
          text.replace(/(\/\/# sourceMappingURL=\S+\s*)?$/, (map) => `${notice}${map}`),
        );
      }
    });
  },
};

/** Writes NOTICES.txt into each folder. A package without a licence file stops the build. */
export async function writeNotices(folders) {
  const parts = [...used].sort().map(async (name) => {
    const file = (await readdir(`node_modules/${name}`)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} stands in our files, and has no licence file to pass on`);
    const { version, license } = await manifest(name);
    return `${name} ${version} (${license})\n\n${(await readFile(`node_modules/${name}/${file}`, 'utf8')).trim()}\n`;
  });
  const text = (await Promise.all(parts)).join(`\n${'-'.repeat(78)}\n\n`);
  for (const folder of folders) await writeFile(`${folder}/NOTICES.txt`, text);
}

const manifest = async (name) => JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8'));
