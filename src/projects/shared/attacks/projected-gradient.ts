import { type Compiled, compile, gradients, State, type Tensor, where } from '../../../index.ts';
import { Attack, type Classifier, type Searching, type Victims } from './attack.ts';
import { carliniWagnerLoss } from './carlini-wagner.ts';

export interface ProjectedGradientOptions extends Partial<Searching> {
  /** Of the ball that a picture stays within: `l2`, the default, or `linf`. */
  readonly norm?: 'l2' | 'linf';
  /** Length of a step as a share of the radius. Default 2.5 / steps, at most 1. */
  readonly stepSize?: number;
}

/**
 * Steps along the cross-entropy's gradient towards the target, each brought back into a ball around the picture (Madry et al., arXiv 1706.06083):
 * where the last one ends counts. Each picture's search is for the least radius. One step of `linf` is the targeted FGSM (Goodfellow et al.,
 * arXiv 1412.6572).
 */
export class ProjectedGradient extends Attack {
  protected readonly move: Compiled<[], Tensor>;
  protected readonly growth = 2;
  protected readonly endsEarly = false;
  private readonly x: State;
  private readonly look: Compiled<[], Tensor>;

  constructor(logits: Classifier, victims: Victims, options: ProjectedGradientOptions = {}) {
    const { searches = 9, steps = 40, norm = 'l2', stepSize = Math.min(1, 2.5 / steps), initial = norm === 'l2' ? 0.5 : 0.03 } = options;
    super('projectedGradient', victims, { searches, steps, initial });
    const { shape } = victims;
    this.x = new State('x', shape, 'f32');
    const each = (values: Tensor) => values.reshape([shape[0], ...shape.slice(1).map(() => 1)]);
    const length = (values: Tensor) => each(values.square().reshape([shape[0], -1]).sum(1).sqrt());
    this.move = compile(() => {
      const z = logits(this.x);
      const loss = where(this.isTarget(z), z.logSoftmax(), 0).sum().neg();
      const [slope] = gradients(loss, [this.x]);
      const radius = each(this.strength);
      const direction = norm === 'l2' ? slope.div(length(slope).maximum(1e-12)) : slope.sign();
      const change = this.x.sub(direction.mul(radius).mul(stepSize)).sub(this.original);
      const within = norm === 'l2' ? change.mul(radius.div(length(change).maximum(1e-12)).minimum(1)) : change.clamp(radius.neg(), radius);
      this.x.assign(this.original.add(within).clamp(0, 1));
      return loss;
    });
    this.look = compile(() => {
      const z = logits(this.x);
      const { f, leads } = carliniWagnerLoss(z, this.isTarget(z), 'logits', 0);
      this.record(this.x, this.distance(this.x), leads);
      return f;
    });
  }

  protected override begin(): void {
    this.x.set(this.pictures);
  }

  protected override judge(): void {
    this.look();
  }

  protected override async own() {
    return { x: await this.x.data() };
  }

  protected override setOwn({ x }: Awaited<ReturnType<ProjectedGradient['own']>>): void {
    this.x.set(x);
  }
}
