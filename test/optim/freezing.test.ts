// Frozen parameters, and parameters that change their optimiser.
import { describe, expect, it } from 'vitest';
import { compile, gradients, losses, memoryUse, nn, optim, type Tensor, tensor } from '../../src/index.ts';

const x = tensor(
  Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  [6, 4],
);
const target = tensor(
  Float32Array.from({ length: 18 }, (_, i) => Math.cos(3 * i)),
  [6, 3],
);
const start = new nn.Sequential(new nn.Linear(4, 70), new nn.Tanh(), new nn.Linear(70, 3));
const model = () => start.clone();
const backbone = (net: nn.Sequential) => net[0];
const head = (net: nn.Sequential) => net[2];
const lossOf = (net: nn.Module) => losses.mse(net.forward(x) as Tensor, target);
const steps = async (net: nn.Module, optimizer: optim.Optimizer, count: number) => {
  const step = compile(() => {
    const loss = lossOf(net);
    optimizer.step(gradients(loss, net.parameters()));
    return loss;
  });
  let loss = 0;
  for (let i = 0; i < count; i++) loss = await step().item();
  return loss;
};

const RULES: readonly (readonly [string, (p: readonly nn.Parameter[]) => optim.Optimizer])[] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, weightDecay: 0.1 })],
  ['Adam', (p) => new optim.Adam(p, { amsgrad: true })],
  ['AdamW', (p) => new optim.AdamW(p)],
  ['Adamax', (p) => new optim.Adamax(p)],
  ['NAdam', (p) => new optim.NAdam(p)],
  ['RAdam', (p) => new optim.RAdam(p)],
  ['Adadelta', (p) => new optim.Adadelta(p)],
  ['Adagrad', (p) => new optim.Adagrad(p)],
  ['RMSprop', (p) => new optim.RMSprop(p)],
  ['Rprop', (p) => new optim.Rprop(p)],
  ['Lion', (p) => new optim.Lion(p)],
  ['LARS', (p) => new optim.LARS(p, { weightDecay: 0.1 })],
  ['LAMB', (p) => new optim.LAMB(p)],
  ['Adafactor', (p) => new optim.Adafactor(p, { weightDecay: 0.1 })],
  ['Muon', (p) => new optim.Muon(p)],
];

describe('a frozen part', () => {
  it.each(RULES)(
    'of what %s holds stays as it is, bit for bit, and so does what is kept of it; the rest goes as if alone',
    async (_name, make) => {
      const [net, alone] = [model(), model()];
      const whole = make(net.parameters());
      const part = make(head(alone).parameters());
      const before = await backbone(net).stateDict();
      backbone(net).requiresGrad(false);
      const [a, b] = [await steps(net, whole, 3), await steps(alone, part, 3)];
      expect(a).toBe(b);
      expect(await backbone(net).stateDict()).toEqual(before);
      expect(await head(net).stateDict()).toEqual(await head(alone).stateDict());
      const kept = Object.entries((await whole.state()).values).filter(([name]) => !['stepSize', 'prev'].includes(name));
      const ahead = whole.parameters.slice(0, 2);
      for (const [name, values] of kept) {
        if (values.length !== whole.layout.length) continue;
        ahead.forEach(({ size }, i) => {
          const own = values.subarray(whole.layout.offsets[i], whole.layout.offsets[i] + size);
          expect(
            own.every((value) => value === own[0]),
            name,
          ).toBe(true);
        });
      }
      // Thawed, it is trained again by the same compiled step.
      net.requiresGrad();
      await steps(net, whole, 1);
      expect(await backbone(net).stateDict()).not.toEqual(before);
    },
  );

  it('is noticed by a compiled step, and no gradient is built for it', async () => {
    const net = model();
    const sgd = new optim.SGD(net.parameters(), { lr: 0.1 });
    const step = compile(() => {
      const loss = lossOf(net);
      sgd.minimize(loss);
      return loss;
    });
    const kernels = async () => (await step.describe()).split('\n').filter((line) => /matmul/.test(line)).length;
    await step().item();
    const all = await kernels();
    const before = await backbone(net).stateDict();
    backbone(net).requiresGrad(false);
    await step().item();
    const frozen = await kernels();
    expect(frozen).toBeLessThan(all);
    // Those before the last step moved; this one moved the head alone.
    expect(await backbone(net).stateDict()).toEqual(before);
    expect([...(await gradients(lossOf(net), backbone(net).parameters())[0].data())].every((value) => value === 0)).toBe(true);
  });

  it('needs no gradient; but something must be left to train', () => {
    const net = model();
    const adam = new optim.Adam(net.parameters());
    backbone(net).requiresGrad(false);
    adam.step(gradients(lossOf(net), head(net).parameters()));
    net.requiresGrad(false);
    expect(() => adam.minimize(lossOf(net))).toThrow("Adam.step: expected a parameter that isn't frozen, got none");
    expect(() => net.requiresGrad('no' as never)).toThrow("requiresGrad: expected trained to be true or false, got 'no'");
    expect(() => {
      head(net).parameters()[0].requiresGrad = 1 as never;
    }).toThrow('weight: expected requiresGrad to be true or false, got 1');
  });
});

describe('release', () => {
  it('moves parameters to another optimiser: fine-tuning in two phases is what it is with models made anew, bit for bit', async () => {
    const groups = (net: nn.Sequential) => [
      { params: backbone(net).parameters(), lr: 1e-4 },
      { params: head(net).parameters(), lr: 1e-3 },
    ];
    const net = model();
    backbone(net).requiresGrad(false);
    const first = new optim.Adam(net.parameters(), { lr: 0.01 });
    await steps(net, first, 3);
    await first.release();
    net.requiresGrad();
    const second = new optim.AdamW(groups(net), { clipNorm: 1 });
    const evaluate = compile(() => lossOf(net));
    const during = [await steps(net, second, 2), await evaluate().item(), await steps(net, second, 2), await evaluate().item()];

    const plain = model();
    await steps(plain, new optim.Adam(head(plain).parameters(), { lr: 0.01 }), 3);
    const fresh = new nn.Sequential(new nn.Linear(4, 70), new nn.Tanh(), new nn.Linear(70, 3));
    fresh.loadStateDict(await plain.stateDict());
    const expected = new optim.AdamW(groups(fresh), { clipNorm: 1 });
    const look = compile(() => lossOf(fresh));
    expect(during).toEqual([await steps(fresh, expected, 2), await look().item(), await steps(fresh, expected, 2), await look().item()]);
    expect(await net.stateDict()).toEqual(await fresh.stateDict());
    expect((await second.state()).values).toEqual((await expected.state()).values);
  });

  it('gives its memory back, whether anything ran or not', async () => {
    const net = new nn.Linear(300, 300);
    const before = await net.stateDict();
    const unused = new optim.Adam(net.parameters());
    await unused.release();
    expect(await net.stateDict()).toEqual(before);
    const adam = new optim.Adam(net.parameters(), { lr: 0.5 });
    adam.minimize((net.forward(tensor(new Float32Array(300).fill(1), [1, 300])) as Tensor).sum());
    const after = await net.stateDict();
    expect(after).not.toEqual(before);
    const held = memoryUse().bytes;
    const lazy = net.weight.mul(1);
    await adam.release();
    await adam.release();
    expect(held - memoryUse().bytes).toBeGreaterThan(4 * 2 * 300 * 300);
    expect(await net.stateDict()).toEqual(after);
    // What was made of the weight before reads it where it is now.
    expect(await lazy.data()).toEqual(after.weight.data);
    net.weight.assign(net.weight.mul(2));
    expect((await net.weight.data())[0]).toBe(2 * (after.weight.data as Float32Array)[0]);
  });

  it('comes after what was asked for before it', async () => {
    const net = model();
    const sgd = new optim.SGD(net.parameters(), { lr: 0.1 });
    const b = model();
    sgd.minimize(lossOf(net));
    await sgd.release();
    const other = new optim.SGD(b.parameters(), { lr: 0.1 });
    other.minimize(lossOf(b));
    expect(await net.stateDict()).toEqual(await b.stateDict());
  });

  it('ends the optimiser', async () => {
    const net = model();
    const sgd = new optim.SGD(net.parameters(), { lr: 0.1 });
    const step = compile(() => {
      const loss = lossOf(net);
      sgd.minimize(loss);
      return loss;
    });
    await step().item();
    const all = sgd.packed();
    await sgd.release();
    const message = 'expected an optimiser that holds its parameters; release() has given them away';
    expect(() => step()).toThrow(`SGD.step: ${message}`);
    await expect(sgd.state()).rejects.toThrow(`SGD.state: ${message}`);
    expect(() => sgd.packed()).toThrow(`SGD.packed: ${message}`);
    await expect(all.data()).rejects.toThrow(/before an update/);
    expect(() => sgd.restore({} as never)).toThrow(`SGD.restore: ${message}`);
  });
});
