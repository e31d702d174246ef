// Which of the files that a person gave is the one that a project asks for.
import { TilegradError } from '../../src/index.ts';

/**
 * The file whose path ends most like the one asked for: `mnist/images.gz` is found as `data/mnist/images.gz`, where the inner folder was
 * given as `images.gz` or `my mnist/images.gz`. Its own name must be the same.
 * @throws TilegradError when several fit equally well
 */
export function findFile<F extends { readonly path: string }>(files: readonly F[], path: string): F | undefined {
  const rated = files.map((file) => ({ file, common: commonParts(file.path, path) }));
  const most = Math.max(0, ...rated.map(({ common }) => common));
  if (most === 0) return undefined;
  const [best, second] = rated.filter(({ common }) => common === most);
  if (second) {
    throw new TilegradError(
      `both ${best.file.path} and ${second.file.path} could be ${path}: give one of their folders, without the other.`,
    );
  }
  return best.file;
}

/** Names that two paths have in common at their ends. */
function commonParts(a: string, b: string): number {
  const [as, bs] = [a, b].map((path) => path.split('/').reverse());
  const different = as.findIndex((part, i) => part !== bs[i]);
  return different < 0 ? as.length : different;
}
