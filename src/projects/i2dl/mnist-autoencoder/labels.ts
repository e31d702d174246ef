import { type Part, type Random, TilegradError, taken } from '../../../index.ts';

export const CLASSES = 10;
export type Images = Part<'image' | 'label'>;

/** Names of the classes: those that the set gives them, else the digits. */
export const classNames = ({ fields: { label } }: Images): readonly string[] => label.names ?? Array.from('0123456789');

/**
 * The few images whose labels are known: drawn at random, of each class as many as of any other, one more of the first where it doesn't come out even.
 *
 * @throws TilegradError where a class has too few images
 */
export function labelled(images: Images, count: number, random: Random): Images {
  const { data } = images.fields.label;
  const order = Uint32Array.from({ length: images.count }, (_, i) => i);
  random.shuffle(order);
  const drawn = Array.from({ length: CLASSES }, (_, own) => {
    const wanted = Math.floor(count / CLASSES) + (own < count % CLASSES ? 1 : 0);
    const found = order.filter((i) => data[i] === own).subarray(0, wanted);
    if (found.length < wanted) {
      throw new TilegradError(
        `labels: expected ${wanted} images of each class to draw ${count} from, got ${found.length} of ${classNames(images)[own]} among ${images.count} training images; take fewer labels or more images`,
      );
    }
    return Array.from(found);
  });
  return taken(images, Uint32Array.from(drawn.flat()).sort());
}
