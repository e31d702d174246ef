// Which of the files that a person gave is the one that a project asks for. Imports no library code: the page asks here too.
import type { DataListing } from '../../src/platform.ts';

export class GivenFiles<F extends { readonly path: string }> {
  /** By the last part of their paths: a set may have a hundred thousand. */
  private readonly byName = new Map<string, F[]>();

  constructor(private readonly files: readonly F[]) {
    for (const file of files) {
      const name = nameOf(file.path);
      const same = this.byName.get(name);
      if (same) same.push(file);
      else this.byName.set(name, [file]);
    }
  }

  /**
   * The file whose path ends most like the one asked for: `mnist/images.gz` is found as `data/mnist/images.gz`, where the inner folder was
   * given as `images.gz` or `my mnist/images.gz`. Its own name must be the same. More than one where several fit equally well.
   */
  find(path: string): readonly F[] {
    const rated = (this.byName.get(nameOf(path)) ?? []).map((file) => ({ file, common: commonParts(file.path, path) }));
    const most = Math.max(0, ...rated.map(({ common }) => common));
    return rated.filter(({ common }) => common > 0 && common === most).map(({ file }) => file);
  }

  /** What was given of a folder of this name; where there is none, all that was given. */
  list(folder: string, sizeOf: (file: F) => number): DataListing | undefined {
    const inside = this.files.flatMap((file) => {
      const at = `/${file.path}`.indexOf(`/${folder}/`);
      return at < 0 ? [] : { path: file.path.slice(at + folder.length + 1), size: sizeOf(file) };
    });
    if (inside.length) return { files: inside, named: true };
    return this.files.length ? { files: this.files.map((file) => ({ path: file.path, size: sizeOf(file) })), named: false } : undefined;
  }
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Names that two paths have in common at their ends. */
function commonParts(a: string, b: string): number {
  const [as, bs] = [a, b].map((path) => path.split('/').reverse());
  const different = as.findIndex((part, i) => part !== bs[i]);
  return different < 0 ? Math.min(as.length, bs.length) : different;
}
