// The other way to use a frozen network: a linear layer on its features, what is called a linear probe.
import { compile, type Field, losses, nn, optim, type Run, statisticsOf, type Tensor, type TensorBatch, tensor } from '../../../index.ts';

const [EPOCHS, LR, BATCH] = [60, 3e-3, 128];

/** Features [n, embed] → logits, each feature in units of its deviation over the training pictures. */
export class Probe extends nn.Module {
  readonly layer: nn.Linear;
  private readonly mean: Tensor;
  private readonly deviation: Tensor;

  constructor(features: Float32Array, embed: number, classes: number) {
    super();
    this.layer = new nn.Linear(embed, classes);
    const { mean, deviation } = statisticsOf(features, embed);
    [this.mean, this.deviation] = [mean, deviation].map((values) => tensor(Float32Array.from(values)));
  }

  override forward(features: Tensor): Tensor {
    return this.layer.forward(features.sub(this.mean).div(this.deviation));
  }
}

/** Trains one on features [n, embed] that lie ready. */
export async function trainProbe(run: Run<unknown>, features: Float32Array, label: Field, classes: number): Promise<Probe> {
  const count = label.data.length;
  const embed = features.length / count;
  const probe = new Probe(features, embed, classes);
  const batchSize = Math.min(BATCH, count);
  const steps = Math.ceil((EPOCHS * count) / batchSize);
  const optimizer = new optim.AdamW(probe.parameters(), { lr: optim.schedules.cosine(LR, steps), weightDecay: 0.01 });
  const update = compile(({ features, label }: TensorBatch<'features' | 'label'>) => {
    const loss = losses.crossEntropy(probe.forward(features), label);
    optimizer.minimize(loss);
    return loss;
  });
  const fields = { features: { data: features, shape: [embed] }, label };
  for await (const batch of run.batches('linear probe', { over: { fields, count }, batchSize, steps, keep: { probe, optimizer } }))
    update(batch);
  return probe;
}
