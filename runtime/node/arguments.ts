// What is looked at before commander sees the arguments: which project is meant.
import { TilegradError } from '../../src/index.ts';
import { nearest } from '../run/nearest.ts';

/** Of every run, as far as it takes a value: a folder may be called as a project is. */
const takesValue = (word: string): boolean => /^--(out|data|resume|starter|adapter|seed|save-every)$/.test(word);

/** `run --quick mc-dropout` means `run mc-dropout --quick`; a name that is no project is refused before its options are looked at. */
export function arrange(args: readonly string[], names: readonly string[]): readonly string[] {
  const [first, second] = args;
  if (first !== 'run' || second === undefined) return args;
  if (second.startsWith('-')) {
    const at = args.findIndex((word, i) => names.includes(word) && !takesValue(args[i - 1] as string));
    return at < 0 ? args : [first, args[at] as string, ...args.slice(1, at), ...args.slice(at + 1)];
  }
  if (names.includes(second) || second === 'help') return args;
  const meant = nearest(second, names);
  throw new TilegradError(`unknown project '${second}'. ${meant ? `Did you mean ${meant}?` : `There is: ${names.join(', ')}.`}`);
}
