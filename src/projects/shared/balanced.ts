import { type Part, type Random, TilegradError, taken } from '../../index.ts';

/**
 * So many samples of a part, drawn at random, of each class as many as of any other, one more of the first where it doesn't come out even: the few
 * whose labels are known. They keep the part's order.
 *
 * @throws TilegradError where a class has too few samples
 */
export function balanced<F extends string>(part: Part<F | 'label'>, count: number, random: Random): Part<F | 'label'> {
  const { data, names } = part.fields.label;
  const classes = names?.length ?? 1 + Array.from(data).reduce((most, label) => Math.max(most, label), 0);
  const order = Uint32Array.from({ length: part.count }, (_, i) => i);
  random.shuffle(order);
  const drawn = Array.from({ length: classes }, (_, own) => {
    const wanted = Math.floor(count / classes) + (own < count % classes ? 1 : 0);
    const found = order.filter((i) => data[i] === own).subarray(0, wanted);
    if (found.length < wanted) {
      throw new TilegradError(
        `balanced: expected ${wanted} samples of each class to draw ${count} from, got ${found.length} of ${names?.[own] ?? own} among ${part.count}; draw fewer, or from more`,
      );
    }
    return [...found];
  });
  return taken(part, Uint32Array.from(drawn.flat()).sort());
}
