// Which files of a data set are among those that a person gave.
import type { WantedFile, WantedFolder, WantedSet } from './catalogue.ts';
import type { GivenFiles } from './given-files.ts';

/** A file of a set, or a folder of it, and whether it is there. */
export interface Looked {
  /** `mnist/train-images-idx3-ubyte.gz`, `cifar10/{train,test}/<class>/<image>.png` */
  readonly name: string;
  readonly size?: number;
  readonly state: 'there' | 'missing' | 'optional';
  /** What else there is to say: how many files, which one of several. */
  readonly note?: string;
}

export interface LookedForm {
  readonly title: string;
  readonly files: readonly Looked[];
}

interface Given {
  readonly path: string;
  readonly size: number;
}

/** The forms of a set, of which the one comes first that most is there of. */
export function look({ forms }: WantedSet, given: GivenFiles<Given>): readonly LookedForm[] {
  const looked = forms.map(({ title, files }) => ({
    title,
    files: files.map((file) => ('folder' in file ? lookForFolder(file, given) : lookForFile(file, given))),
  }));
  const there = ({ files }: LookedForm) => files.filter(({ state }) => state === 'there').length;
  return looked.toSorted((a, b) => there(b) - there(a));
}

function lookForFile({ path, size, optional }: WantedFile, given: GivenFiles<Given>): Looked {
  const packed = given.find(path);
  // One that is packed may lie there unpacked.
  const found = packed.length === 0 && path.endsWith('.gz') ? given.find(path.slice(0, -3)) : packed;
  const [first, second] = found;
  if (!first) return { name: path, ...(size !== undefined && { size }), state: optional ? 'optional' : 'missing' };
  const note = second ? `both ${first.path} and ${second.path} could be it` : undefined;
  return { name: path, size: first.size, state: second ? 'missing' : 'there', ...(note && { note }) };
}

function lookForFolder({ folder, layout, pattern, flags, needs = [], archive }: WantedFolder, given: GivenFiles<Given>): Looked {
  const name = `${folder}/${layout}`;
  const fits = new RegExp(pattern, flags);
  const all = given.list(folder, ({ size }) => size)?.files ?? [];
  const loose = all.filter(({ path }) => fits.test(path));
  const packed = all.find(({ path }) => /\.(tar|tar\.gz|tgz|zip)$/i.test(path));
  if (loose.length === 0) {
    // What is in an archive shows when it is read.
    if (packed) return { name, size: packed.size, state: 'there', note: `in ${packed.path}, if that is its archive` };
    return archive
      ? { name, size: archive.size, state: 'missing', note: `or its archive, ${archive.path}` }
      : { name, state: 'missing', note: 'or an archive of it' };
  }
  const names = new Set(loose.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)));
  const absent = needs.filter((one) => !names.has(one));
  const size = loose.reduce((sum, file) => sum + file.size, 0);
  if (absent.length > 0) return { name, size, state: 'missing', note: `without ${absent.join(', ')}` };
  return { name, size, state: 'there', note: `${loose.length.toLocaleString('en')} files` };
}
