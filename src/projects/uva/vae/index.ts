// A variational autoencoder of digits: what it costs to describe them, what it dreams up, and the plane it lays them out on.
import {
  ArrayDataset,
  checkpointOf,
  compile,
  DataLoader,
  fit,
  loadMnist,
  type OptionValues,
  optim,
  type Project,
  type ProjectContext,
  restoreModel,
  restoreTraining,
  type Tensor,
  TilegradError,
  tensor,
} from '../../../index.ts';
import { card } from './card.ts';
import type { Epoch } from './figures.ts';
import { inPlane } from './latent.ts';
import { type Bits, bitsPerDimension, total, Vae } from './model.ts';
import { type Evaluation, type Images, planeOf, Viewer } from './viewer.ts';

const PIXELS = 28 * 28;

const options = {
  latentSize: { type: 'number', default: 2, min: 2, integer: true, help: 'dimensions of the latent space' },
  filters: {
    type: 'number',
    default: 32,
    min: 1,
    integer: true,
    help: 'channels of the outer convolutions; the inner ones have twice as many',
  },
  bits: {
    type: 'number',
    default: 4,
    min: 1,
    max: 8,
    integer: true,
    help: 'bits of a pixel: 4 make 16 grey levels, 1 makes black and white',
  },
  epochs: { type: 'number', default: 10, min: 1, integer: true, help: 'passes through the training images' },
  batchSize: { type: 'number', default: 128, min: 1, integer: true, help: 'images in one training step' },
  lr: { type: 'number', default: 1e-3, min: 0, help: "Adam's learning rate" },
  trainImages: {
    type: 'number',
    default: 0,
    min: 0,
    integer: true,
    help: 'use only the first so many training images (0: all); a tenth of them is for validation',
  },
  testImages: { type: 'number', default: 0, min: 0, integer: true, help: 'use only the first so many test images (0: all)' },
  checkpointEvery: { type: 'number', default: 100, min: 1, integer: true, help: 'training steps between checkpoints' },
} as const;

type Options = OptionValues<typeof options>;

export const vae: Project<typeof options> = {
  ...card,
  options,
  presets: {
    quick: { filters: 8, epochs: 5, batchSize: 16, lr: 4e-3, trainImages: 5000, testImages: 1000 },
    full: { latentSize: 20, epochs: 80 },
  },
  run: (context, values) => new VaeRun(context, values).run(),
  interaction: {
    title: 'Move through the latent plane',
    help: 'Every point decodes to an image: move slowly, and watch one digit turn into another.',
    input: {
      kind: 'plane',
      x: { label: 'first latent dimension', min: -3, max: 3 },
      y: { label: 'second latent dimension', min: -3, max: 3 },
    },
    open: async (checkpoint, { latentSize, ...shape }) => {
      const model = new Vae({ latentSize, ...shape });
      restoreModel(model, checkpoint);
      const decode = compile((z: Tensor) => model.expected(z));
      const plane = planeOf((checkpoint.state as unknown as Progress).history);
      return async ([x, y]) => {
        const pixels = await decode(tensor(inPlane([[x, y]], plane, latentSize), [1, latentSize])).data();
        const caption = plane.map((dimension, i) => `z${dimension + 1} = ${[x, y][i].toFixed(2).replace('-', '−')}`).join(', ');
        return {
          title: '',
          panels: [{ kind: 'pictures', columns: 1, pictures: [{ width: 28, height: 28, channels: 1, pixels, caption }] }],
        };
      };
    },
  },
};

/** What a checkpoint keeps beside the training's position. */
interface Progress {
  /** One entry for the beginning, one for each epoch that is evaluated. */
  readonly history: readonly Epoch[];
  /** Sums over the images of the epoch under way. */
  readonly sums: Bits & { readonly images: number };
}

const nothing: Progress['sums'] = { reconstruction: 0, kl: 0, images: 0 };

class VaeRun {
  private training!: Images;
  private validation!: Images;
  private test!: Images;
  private history: readonly Epoch[] = [];
  private sums = nothing;

  constructor(
    private readonly context: ProjectContext,
    private readonly options: Options,
  ) {}

  async run(): Promise<void> {
    const { context } = this;
    const { epochs } = this.options;
    await this.load();
    const trainee = this.trainee();
    if (context.resume) {
      ({ history: this.history, sums: this.sums } = context.resume.state as unknown as Progress);
      restoreTraining(trainee, context.resume);
    }
    const train = this.trainer(trainee);
    const viewer = new Viewer(context, trainee.model, this.options);
    for (;;) {
      const { epoch, index } = trainee.loader.state();
      if (index === 0 && this.history.length === epoch) {
        const validation = await viewer.evaluate(this.validation, 'validation');
        // Asked to stop: the checkpoint at the end of the epoch stands, and the evaluation begins anew from there.
        if (!validation) return;
        this.record(validation, trainee.optimizer.steps);
        if (epoch > 0) await viewer.show(this.history, this.validation);
        await context.checkpoint(await checkpointOf({ ...trainee, state: () => this.progress() }));
      }
      if (epoch === epochs) break;
      if (!(await train(epoch + 1))) return;
    }
    const test = await viewer.evaluate(this.test, 'test');
    if (test) this.report(test.bits);
  }

  private async load(): Promise<void> {
    const { trainImages, testImages, bits } = this.options;
    const { train, test, record } = await loadMnist(this.context.platform, {
      ...(trainImages > 0 ? { trainCount: trainImages } : {}),
      ...(testImages > 0 ? { testCount: testImages } : {}),
    });
    this.context.data(record);
    const part = ({ images, labels }: { images: Uint8Array; labels: Uint8Array }, from: number, to: number): Images => ({
      levels: images.subarray(from * PIXELS, to * PIXELS).map((value) => value >> (8 - bits)),
      labels: labels.subarray(from, to),
      count: to - from,
    });
    const kept = Math.ceil(train.count * 0.9);
    if (kept === train.count)
      throw new TilegradError(`vae: expected at least 10 training images, a tenth is for validation; got ${train.count}`);
    this.training = part(train, 0, kept);
    this.validation = part(train, kept, train.count);
    this.test = part(test, 0, test.count);
  }

  private progress(): Progress & Record<string, unknown> {
    return { history: this.history, sums: this.sums };
  }

  private trainee() {
    const { batchSize, lr } = this.options;
    const model = new Vae(this.options);
    const optimizer = new optim.Adam(model.parameters(), { lr });
    const dataset = new ArrayDataset({ levels: { data: this.training.levels, shape: [28, 28], dtype: 'u32' } });
    const loader = new DataLoader(dataset, { batchSize, shuffle: true, seed: this.context.seed });
    return { model, optimizer, loader };
  }

  /** Trains until so many epochs are through; false when the user asked to stop. */
  private trainer(trainee: ReturnType<VaeRun['trainee']>): (epochs: number) => Promise<boolean> {
    const { model, optimizer } = trainee;
    const { epochs: all, checkpointEvery } = this.options;
    const step = compile((levels: Tensor) => {
      const [reconstruction, kl] = model.forward(levels);
      const parts = { reconstruction: reconstruction.mean(), kl: kl.sum(1).mean() };
      const loss = parts.reconstruction.add(parts.kl);
      optimizer.minimize(loss);
      const bits = (nats: Tensor) => nats.mul(bitsPerDimension(1, PIXELS));
      return { loss: bits(loss), reconstruction: bits(parts.reconstruction), kl: bits(parts.kl) };
    });
    return (epochs) =>
      fit(this.context, {
        ...trainee,
        epochs,
        step: ({ levels }) => step(levels),
        observe: ({ reconstruction, kl }, images) => {
          this.sums = {
            reconstruction: this.sums.reconstruction + images * reconstruction,
            kl: this.sums.kl + images * kl,
            images: this.sums.images + images,
          };
        },
        phase: 'training',
        checkpointEvery,
        state: () => this.progress(),
        progress: { before: 0, total: all * this.training.count, unit: 'images' },
      });
  }

  private record({ bits, klByDimension }: Evaluation, steps: number): void {
    const { reconstruction, kl, images } = this.sums;
    const training = images > 0 ? { reconstruction: reconstruction / images, kl: kl / images } : bits;
    this.history = [...this.history, { training, validation: bits, klByDimension }];
    this.sums = nothing;
    this.context.scalars(steps, {
      'validation loss': total(bits),
      'validation reconstruction': bits.reconstruction,
      'validation kl': bits.kl,
    });
    this.context.log(`epoch ${this.history.length - 1}: ${total(bits).toFixed(4)} bits per dimension on the validation images`);
  }

  private report(test: Bits): void {
    const { training, validation } = this.history.at(-1) as Epoch;
    const parts: readonly [string, Bits][] = [
      ['training, mean of the last epoch', training],
      ['validation', validation],
      ['test', test],
    ];
    this.context.table('bits', {
      title: 'Bits per dimension',
      columns: ['images', '−ELBO', 'reconstruction', 'KL'],
      rows: parts.map(([name, bits]) => [name, total(bits).toFixed(4), bits.reconstruction.toFixed(4), bits.kl.toFixed(4)]),
    });
    this.context.summary({
      testBits: total(test),
      testReconstruction: test.reconstruction,
      testKl: test.kl,
      validationBits: total(validation),
      bitsAtStart: total(this.history[0].validation),
    });
  }
}
