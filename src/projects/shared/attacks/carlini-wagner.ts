import { type Compiled, compile, nn, optim, type Tensor, where } from '../../../index.ts';
import { Attack, type Classifier, type Searching, type Victims } from './attack.ts';

/** How far a picture is from its target: the paper's by logits Z, or by probabilities. */
export type Criterion = 'logits' | 'softmax';

/**
 * f = max(max over j ≠ t of Z_j − Z_t, −κ), the paper's f₆, or the same of softmax's probabilities: logits [n, classes], and where each one's t
 * is, [n, classes] → [n]; and whether t leads by κ (by anything, where κ is 0).
 */
export function carliniWagnerLoss(logits: Tensor, isTarget: Tensor, criterion: Criterion, confidence: number) {
  const z = criterion === 'softmax' ? logits.softmax() : logits;
  const behind = where(isTarget, -1e30, z)
    .max(1)
    .sub(where(isTarget, z, 0).sum(1));
  return { f: behind.maximum(-confidence), leads: confidence > 0 ? behind.le(-confidence) : behind.lt(0) };
}

const BOUND = 1 - 1e-6;

/** w of x = (tanh w + 1) / 2: whatever w becomes, x stays a picture. Black and white lie at infinity; the nearest grey is taken. */
export const inTanh = (pictures: Float32Array): Float32Array => pictures.map((x) => Math.atanh((2 * x - 1) * BOUND));
export const fromTanh = (w: Tensor): Tensor => w.tanh().add(1).mul(0.5);

export interface CarliniWagnerOptions extends Partial<Searching> {
  /** Adam's rate, of w. Default 0.01. */
  readonly lr?: number;
  /** κ: by how much the target is to lead. Default 0. */
  readonly confidence?: number;
  /** Default `logits`, the paper's. */
  readonly criterion?: Criterion;
}

/** Minimises ‖x − x₀‖² + c·f(x) over w, x = (tanh w + 1) / 2, by Adam; for each picture the least c with which f is reached. */
export class CarliniWagner extends Attack {
  protected readonly move: Compiled<[], Tensor>;
  protected readonly growth = 10;
  protected readonly endsEarly = true;
  private readonly w: nn.Parameter;
  private readonly adam: optim.Adam;

  constructor(logits: Classifier, victims: Victims, options: CarliniWagnerOptions = {}) {
    const { searches = 9, steps = 1000, initial = 1e-3, lr = 0.01, confidence = 0, criterion = 'logits' } = options;
    super('carliniWagner', victims, { searches, steps, initial });
    this.w = new nn.Parameter('w', victims.shape, 'f32');
    this.adam = new optim.Adam([this.w], { lr });
    this.move = compile(() => {
      const x = fromTanh(this.w);
      const z = logits(x);
      const { f, leads } = carliniWagnerLoss(z, this.isTarget(z), criterion, confidence);
      const distance = this.distance(x);
      this.record(x, distance, leads);
      const total = distance.add(this.strength.mul(f)).sum();
      this.adam.minimize(total);
      return total;
    });
  }

  protected override begin(): void {
    this.w.set(inTanh(this.pictures));
    this.adam.reset();
  }

  protected override async own() {
    const [w, adam] = await Promise.all([this.w.data(), this.adam.state()]);
    return { w, adam };
  }

  protected override setOwn({ w, adam }: Awaited<ReturnType<CarliniWagner['own']>>): void {
    this.w.set(w);
    this.adam.restore(adam);
  }
}
