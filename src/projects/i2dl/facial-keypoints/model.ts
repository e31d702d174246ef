import { nn, State, type Tensor } from '../../../index.ts';

export const [SIDE, POINTS] = [96, 15];

export interface Sizes {
  readonly width: number;
  readonly hidden: number;
  readonly dropout: number;
}

/** A convolution that halves the picture, each channel normalised by its batch, and ReLU. */
const halving = (from: number, to: number, kernel: number) => [
  new nn.Conv2d(from, to, kernel, { stride: 2, padding: (kernel - 1) / 2, bias: false, weight: nn.init.kaimingNormal() }),
  new nn.BatchNorm2d(to),
  new nn.ReLU(),
];

/**
 * Where the points of a face are: four convolutions down to 6×6 places, and two linear layers, which say how far each point is from its place
 * in the mean face; at first, not at all. [n, 1, 96, 96], 0 … 1 → [n, 15, 2]: x and y, −1 at the left or upper edge, 1 at the other.
 */
export class KeypointNet extends nn.Module {
  private readonly features: nn.Sequential;
  private readonly head: nn.Sequential;
  private readonly meanFace = new State('meanFace', [POINTS, 2], 'f32');

  constructor({ width, hidden, dropout }: Sizes) {
    super();
    const widths = [1, width, 2 * width, 4 * width, 8 * width];
    this.features = new nn.Sequential(...widths.slice(1).flatMap((to, i) => halving(widths[i], to, i === 0 ? 5 : 3)));
    this.head = new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(8 * width * (SIDE / 16) ** 2, hidden, { weight: nn.init.kaimingNormal() }),
      new nn.ReLU(),
      new nn.Dropout(dropout),
      new nn.Linear(hidden, 2 * POINTS, { bias: false, weight: nn.init.zeros }),
    );
  }

  /** Takes this as the mean face; until then all its points are in the middle. */
  startFrom(meanFace: readonly number[]): void {
    this.meanFace.set(Float32Array.from(meanFace));
  }

  override forward(faces: Tensor): Tensor {
    const features = this.features.forward(faces.mul(2).sub(1));
    return this.head.forward(features).reshape([-1, POINTS, 2]).add(this.meanFace);
  }
}
