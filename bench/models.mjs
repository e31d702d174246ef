// Networks that several benchmarks run.

/** One compiled training step of the mc-dropout CNN, with a batch of noise. */
export function cnnStep(library, { batch, channels, dropout }) {
  const { compile, gradients, losses, manualSeed, nn, optim, tensor } = library;
  manualSeed(0);
  const blocks = channels.flatMap((count, i) => [
    new nn.Conv2d(channels[i - 1] ?? 1, count, 3, { padding: 1 }),
    new nn.ReLU(),
    ...(i < 3 ? [new nn.MaxPool2d(2)] : []),
    new nn.Dropout(dropout),
  ]);
  const model = new nn.Sequential(...blocks, new nn.Flatten(), new nn.Linear(9 * channels[3], 10));
  const adam = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const step = compile((image, label) => {
    const loss = losses.crossEntropy(model.forward(image), label);
    adam.step(gradients(loss, model.parameters()));
    return loss;
  });
  const image = tensor(
    Float32Array.from({ length: batch * 784 }, (_, i) => Math.sin(i) ** 2),
    [batch, 1, 28, 28],
  );
  const label = tensor(
    Uint32Array.from({ length: batch }, (_, i) => i % 10),
    [batch],
  );
  return { step, image, label };
}

/** One compiled training step of the ResNet-20 for CIFAR-10, by SGD with momentum. Images are normalised already, or are in the step. */
export function resnetStep(library, { normalise = [] } = {}) {
  const { compile, losses, manualSeed, models, optim, transforms } = library;
  manualSeed(0);
  const model = models.cifarResnet20();
  const sgd = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 1e-4 });
  return compile((image, label) => {
    const loss = losses.crossEntropy(model.forward(transforms.onBatch(normalise, { image }).image), label);
    sgd.minimize(loss);
    return loss;
  });
}
