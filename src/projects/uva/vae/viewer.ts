// What looks at a model: the bound on the images that are not trained on, and the figures.
import { type Compiled, compile, type ProjectContext, Random, type Tensor, tensor } from '../../../index.ts';
import { curveFigure, type Epoch, latentFigure, manifoldFigure, reconstructionFigure, samplesFigure } from './figures.ts';
import { busiestPlane, inPlane, quantileGrid } from './latent.ts';
import { type Bits, bitsPerDimension, type Vae, type VaeShape } from './model.ts';

const PIXELS = 28 * 28;
const BATCH = 250;
/** Images in the figures. */
const SAMPLES = 36;
const MANIFOLD_SIDE = 20;
const RECONSTRUCTIONS = 10;
const SCATTERED = 2000;

export interface Images {
  /** [count, 28, 28]. */
  readonly levels: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
}

export interface Evaluation {
  readonly bits: Bits;
  /** Nats, mean of the images. */
  readonly klByDimension: readonly number[];
}

/** The latent plane that figures and the page show. */
export const planeOf = (history: readonly Epoch[]) => busiestPlane((history.at(-1) as Epoch).klByDimension);

export class Viewer {
  private readonly bound: Compiled<[Tensor], { readonly reconstruction: Tensor; readonly kl: Tensor }>;
  private readonly mean: Compiled<[Tensor], Tensor>;
  private readonly expected: Compiled<[Tensor], Tensor>;
  private readonly drawn: Compiled<[Tensor], Tensor>;

  constructor(
    private readonly context: ProjectContext,
    model: Vae,
    private readonly shape: VaeShape,
  ) {
    this.bound = compile((levels) => {
      const [reconstruction, kl] = model.forward(levels);
      return { reconstruction: reconstruction.sum(), kl: kl.sum(0) };
    });
    this.mean = compile((levels) => model.encode(levels).mean);
    this.expected = compile((z) => model.expected(z));
    this.drawn = compile((z) => model.drawn(z));
  }

  /** The bound on images; undefined when the user asked to stop. */
  async evaluate(images: Images, phase: string): Promise<Evaluation | undefined> {
    const { context } = this;
    const { count } = images;
    let reconstruction = 0;
    const klByDimension = new Array<number>(this.shape.latentSize).fill(0);
    const progress = (done: number) => context.progress({ phase, done, total: count, unit: 'images' });
    progress(0);
    for (let from = 0; from < count; from += BATCH) {
      await context.ready();
      if (context.stopping) return undefined;
      const nats = this.bound(batchOf(images, from, from + BATCH));
      const [sum, kl] = await Promise.all([nats.reconstruction.item(), nats.kl.data()]);
      reconstruction += sum / count;
      kl.forEach((value, dimension) => {
        klByDimension[dimension] += value / count;
      });
      progress(Math.min(from + BATCH, count));
    }
    const kl = klByDimension.reduce((total, value) => total + value, 0);
    return { bits: { reconstruction: bitsPerDimension(reconstruction, PIXELS), kl: bitsPerDimension(kl, PIXELS) }, klByDimension };
  }

  /** The figures after the last epoch of `history`. */
  async show(history: readonly Epoch[], validation: Images): Promise<void> {
    const { context } = this;
    const { latentSize, bits } = this.shape;
    const epoch = history.length - 1;
    const plane = planeOf(history);
    const points = (values: Float32Array) => tensor(values, [values.length / latentSize, latentSize]);
    const decoded = (values: Float32Array) => this.expected(points(values)).data();

    await context.figure('curve', curveFigure(history));

    // The same points after every epoch.
    const random = new Random(context.seed);
    const samples = Float32Array.from({ length: SAMPLES * latentSize }, () => random.normal());
    await context.figure('samples', samplesFigure(await decoded(samples), await this.drawn(points(samples)).data(), epoch));

    const grid = inPlane(quantileGrid(MANIFOLD_SIDE), plane, latentSize);
    await context.figure('manifold', manifoldFigure(await decoded(grid), plane, latentSize, epoch));

    const means = await this.means(validation, Math.min(SCATTERED, validation.count));
    await context.figure('latent', latentFigure(means, validation.labels, plane, latentSize, epoch));

    const first = means.subarray(0, RECONSTRUCTIONS * latentSize);
    const originals = Float32Array.from(
      validation.levels.subarray(0, (first.length / latentSize) * PIXELS),
      (level) => level / (2 ** bits - 1),
    );
    await context.figure('reconstruction', reconstructionFigure(originals, await decoded(first), epoch));
  }

  /** Means of the encodings of the first `count` images: [count, latentSize]. */
  private async means(images: Images, count: number): Promise<Float32Array> {
    const { latentSize } = this.shape;
    const means = new Float32Array(count * latentSize);
    for (let from = 0; from < count; from += BATCH) {
      means.set(await this.mean(batchOf(images, from, Math.min(from + BATCH, count))).data(), from * latentSize);
    }
    return means;
  }
}

/** Images from `from` to before `to`, or the last: u32 [n, 28, 28]. */
function batchOf({ levels, count }: Images, from: number, to: number): Tensor {
  const end = Math.min(to, count);
  return tensor(Uint32Array.from(levels.subarray(from * PIXELS, end * PIXELS)), [end - from, 28, 28]);
}
