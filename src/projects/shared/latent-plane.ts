// Points of a latent space of digits, and what they decode to.
import { compile, figures, input, type Tensor, tensor } from '../../index.ts';

/** What decodes: points [n, latentSize] → images [n, 28, 28], 0 … 1. */
interface Decoding {
  expected(z: Tensor): Tensor;
}

/** The part of the latent plane that one can move through, and images along a side of it. */
const REACH = 3;
const TILES = 14;

export const shape = { width: 28, height: 28 };

/** Points [n, latentSize] of a plane: the two coordinates in these dimensions, 0 in the others. */
export function inPlane(points: readonly (readonly number[])[], plane: number[], latentSize: number): Float32Array {
  return Float32Array.from(points.flatMap((point) => Array.from({ length: latentSize }, (_, i) => point[plane.indexOf(i)] ?? 0)));
}

const axis = (which: string) => ({ label: `${which} latent dimension`, min: -REACH, max: REACH });

/** A point of the plane, for the page. */
export const planeInput = () => input.plane({ x: axis('first'), y: axis('second') });

/** Images at points of the latent plane: one where a person points, and many all over it. `found` says which plane that is by now: `0,1`. */
export async function explorer(model: Decoding, latentSize: number, found: () => unknown) {
  const expected = compile((z: Tensor) => model.expected(z));
  const decoded = async (points: readonly (readonly number[])[]) => {
    // Before the first epoch is through, any two dimensions.
    const plane = Array.from(String(found() ?? '0,1').split(','), Number);
    const z = tensor(inPlane(points, plane, latentSize), [points.length, latentSize]);
    return { pixels: await expected(z).data(), plane };
  };
  const places = Array.from({ length: TILES }, (_, i) => REACH * ((2 * i + 1) / TILES - 1));
  const everywhere = places.toReversed().flatMap((y) => places.map((x) => [x, y]));
  return {
    async answer({ point }: { readonly point: readonly [number, number] }) {
      const { pixels, plane } = await decoded([point]);
      const caption = plane.map((dimension, i) => `z${dimension + 1} = ${figures.fixed(point[i])}`).join(', ');
      return figures.images(figures.pictures(pixels, { ...shape, captions: [caption] }));
    },
    surface: async () => figures.images(figures.tiles((await decoded(everywhere)).pixels, { ...shape, gap: 0 })),
  };
}
