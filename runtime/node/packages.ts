// npm packages that are looked for when the program runs. A bundler must leave that alone: Dawn's native part can't be taken along. So it gets
// no call of `require` or `import` to see through.
import * as modules from 'node:module';
import { pathToFileURL } from 'node:url';

/** The file that `require` would load, at the place of this file or of another. */
export const findPackage = (specifier: string, from: string = import.meta.url) => modules.createRequire(from).resolve(specifier);

/** As a URL that a child process can import. */
export const dawnUrl = () => pathToFileURL(findPackage('webgpu')).href;

export const importDawn = () =>
  import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ dawnUrl()) as Promise<{
    create(flags: readonly string[]): GPU;
  }>;
