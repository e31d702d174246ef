// Optimisers take gradients by parameter, whatever order they come in, and refuse what could be another parameter's.
import { describe, expect, it } from 'vitest';
import { compile, Gradients, gradients, nn, optim, type Tensor, TilegradError, tensor, zeros } from '../../src/index.ts';
import { valuesOf } from './problem.ts';

const one = (values: readonly number[], name = 'w') => new nn.Parameter(name, [values.length], 'f32', Float32Array.from(values));
const plain = async (parameters: readonly nn.Parameter[]) => (await valuesOf(parameters)).map((values) => [...values]);

/** Two parameters of one shape, whose gradients are 1 and 10. */
function twins() {
  const [a, b] = [one([0], 'a'), one([0], 'b')];
  return { a, b, loss: () => a.add(b.mul(10)).sum() };
}

describe('step', () => {
  it('takes gradients by parameter: groups in another order swap nothing', async () => {
    const { a, b, loss } = twins();
    const sgd = new optim.SGD([{ params: [b], lr: 1 }, { params: [a] }], { lr: 0.5 });
    compile(() => sgd.step(gradients(loss(), [a, b])))();
    expect(await plain([a, b])).toEqual([[-0.5], [-10]]);
  });

  it('knows what gradients are of behind map, and lets others be', async () => {
    const { a, b, loss } = twins();
    const [first, second] = [new optim.SGD([b], { lr: 1 }), new optim.SGD([a], { lr: 1 })];
    compile(() => {
      const dw = gradients(loss(), [a, b]).map((each) => each.clamp(-3, 3));
      first.step(dw);
      second.accumulate(dw);
      second.step(dw);
    })();
    expect(await plain([a, b])).toEqual([[-2], [-3]]);
  });

  it('leaves what the loss doesn’t depend on as it is, as in PyTorch: no decay, no momentum', async () => {
    const [a, b] = [one([1], 'a'), one([1], 'b')];
    const adam = new optim.AdamW([a, b], { lr: 0.1, weightDecay: 0.5 });
    const [both, first] = [compile(() => adam.minimize(a.add(b).sum())), compile(() => adam.minimize(a.sum()))];
    both();
    const before = await plain([b]);
    first();
    first();
    expect(await plain([b])).toEqual(before);
    expect(() => compile(() => adam.minimize(zeros([1]).sum()))()).toThrow(
      'AdamW.step: expected a loss that depends on a parameter of the optimiser, got one that depends on none'.replace('minimize', 'step'),
    );
  });

  it('refuses rates that are none when a step is made, and momentum of which nothing is kept', () => {
    const { a, b, loss } = twins();
    const rate = { value: 0.1 as unknown };
    const adam = new optim.Adam([a, b], { lr: () => rate.value as number });
    const step = compile(() => adam.minimize(loss()));
    step();
    for (const value of [undefined, Number.NaN, -1, Promise.resolve(0.1)]) {
      rate.value = value;
      expect(step).toThrow(/^Adam, step 1: expected lr to be a number ≥ 0/);
    }
    for (const kind of [optim.SGD, optim.RMSprop]) {
      const { a, b, loss } = twins();
      const optimizer = new kind([a, b], { lr: 0.1 });
      const step = compile(() => optimizer.minimize(loss()));
      step();
      optimizer.groups[0].momentum = 0.9;
      expect(step).toThrow(/expected no momentum, since no group had one when it was made, got 0.9/);
    }
  });

  it('minimize is the short form', async () => {
    const { a, b, loss } = twins();
    const sgd = new optim.SGD([{ params: [b], lr: 1 }, { params: [a] }], { lr: 0.5 });
    const step = compile(() => {
      const value = loss();
      sgd.minimize(value);
      return value;
    });
    step();
    expect(await step().item()).toBe(-100.5);
    expect(await plain([a, b])).toEqual([[-1], [-20]]);
    expect(() => sgd.minimize(zeros([2]))).toThrow(/^gradients: expected a loss of one element, got \[2\]/);
  });

  it('takes lists in the order of the parameters, also what a compiled function returned', async () => {
    const { a, b, loss } = twins();
    const sgd = new optim.SGD([a, b], { lr: 1 });
    const slopes = compile(() => gradients(loss(), [a, b]));
    sgd.step(slopes());
    sgd.step([tensor([1]), tensor([2])]);
    expect(await plain([a, b])).toEqual([[-2], [-12]]);
    // The same plan serves calls whose gradients are of other tensors: it takes them by place.
    const step = compile((dw: readonly Tensor[]) => sgd.step(dw));
    step(new Gradients([a, b], [tensor([1]), tensor([2])]));
    step(new Gradients([b, a], [tensor([4]), tensor([8])]));
    expect(await plain([a, b])).toEqual([[-7], [-22]]);
  });

  it('counts a tied weight once', async () => {
    const { a, b, loss } = twins();
    const sgd = new optim.SGD([a, b, a], { lr: 1 });
    expect(sgd.parameters).toEqual([a, b]);
    sgd.minimize(loss());
    expect(await plain([a, b])).toEqual([[-1], [-10]]);
  });

  it.each<[string, (given: ReturnType<typeof twins>) => unknown, RegExp]>([
    [
      'a list that holds another parameter’s gradient',
      ({ a, b, loss }) => new optim.SGD([a, b]).step([...gradients(loss(), [b, a])]),
      /^SGD.step: expected the gradient of parameter 0, a \[1\], got that of another tensor/,
    ],
    [
      'a list of groups',
      ({ a, b, loss }) => new optim.SGD([{ params: [b] }, { params: [a] }]).step([...gradients(loss(), [b, a])]),
      /^SGD.step: expected what gradients\(\) returned, since there are groups/,
    ],
    [
      'none of a parameter',
      ({ a, b, loss }) => new optim.SGD([a, b]).step(gradients(loss(), [a])),
      /^SGD.step: expected a gradient of each parameter, got none of parameter 1, b \[1\]/,
    ],
    ['no tensors', ({ a }) => new optim.SGD([a]).step([1] as unknown as Tensor[]), /^SGD.step: expected gradients to be a list/],
    ['no list', ({ a }) => new optim.SGD([a]).step(zeros([1]) as unknown as Tensor[]), /^SGD.step: expected gradients to be a list/],
    ['a loss that is a number', ({ a }) => gradients(1 as unknown as Tensor, [a]), /^gradients: expected loss to be a tensor, got 1/],
    ['one tensor', ({ a, loss }) => gradients(loss(), a as unknown as Tensor[]), /^gradients: expected wrt to be a list/],
    [
      'a method that was not called',
      () => gradients(zeros([]), new nn.Linear(1, 1).parameters as unknown as Tensor[]),
      /^gradients: expected wrt to be a list.*, got function parameters/,
    ],
    ['a seed of another shape', ({ a }) => gradients(a, [a], zeros([2])), /^gradients: expected a seed \[1\], got \[2\]/],
    ['too few', ({ a, b }) => new Gradients([a, b], [a]), /^Gradients: expected 2 gradients, got 1/],
    ['another shape', ({ a }) => new Gradients([a], [zeros([2])]), /^Gradients: expected \[1\] as gradient 0, got \[2\]/],
  ])('refuses %s', (_name, make, message) => {
    expect(() => make(twins())).toThrow(message);
    expect(() => make(twins())).toThrow(TilegradError);
  });
});

describe('minimize', () => {
  class Hiding extends nn.Module {
    readonly #scale = one([2], 'scale');
    readonly linear = new nn.Linear(1, 1);
    override forward(x: Tensor): Tensor {
      return this.linear.forward(x).mul(this.#scale);
    }
    freeze(): void {
      this.#scale.requiresGrad = false;
    }
    give(): optim.SGD {
      return new optim.SGD([this.#scale], { lr: 1 });
    }
  }
  const x = tensor([[1]]);
  const step = (model: nn.Module, trained = model.parameters()) => {
    const sgd = new optim.SGD(trained, { lr: 1 });
    return () => sgd.minimize((model.forward(x) as Tensor).sum());
  };
  const refusal = /^SGD: no optimiser has scale \[1\], and no module shows it: a private #field can't be seen; /;

  it('refuses a loss that depends on a parameter in a private field, eager and compiled', () => {
    expect(step(new Hiding())).toThrow(refusal);
    expect(compile(step(new Hiding()))).toThrow(refusal);
  });

  it('so does step, with the gradients of such a loss, as they are or clipped', () => {
    const model = new Hiding();
    const sgd = new optim.SGD(model.parameters(), { lr: 1 });
    const found = gradients((model.forward(x) as Tensor).sum(), sgd.parameters);
    expect(() => sgd.step(found)).toThrow(refusal);
    expect(() => sgd.step(found.map((dw) => dw.clamp(-1, 1)))).toThrow(refusal);
    // What somebody else goes on with is known.
    const [mine, theirs] = [one([1]), one([1])];
    expect(() => new optim.SGD([mine]).step(gradients(mine.mul(theirs).sum(), [mine, theirs]))).not.toThrow();
  });

  it('refuses what is no loss', () => {
    const sgd = new optim.SGD([one([1])], { lr: 1 });
    for (const loss of [undefined, 3, [tensor([1])]])
      expect(() => sgd.minimize(loss as never)).toThrow(/expected loss to be a tensor, got/);
  });

  it('takes one that is frozen, or that another optimiser has, or to which no gradient flows', () => {
    const frozen = new Hiding();
    frozen.freeze();
    expect(step(frozen)).not.toThrow();
    const shared = new Hiding();
    shared.give();
    expect(step(shared)).not.toThrow();
    const teacher = new Hiding();
    const sgd = new optim.SGD([one([1])], { lr: 1 });
    expect(() => sgd.minimize(sgd.parameters[0].mul(teacher.forward(x).stopGradient()).sum())).not.toThrow();
  });

  it('takes what stands in any field, where only another part is trained', () => {
    class Shown extends nn.Module {
      readonly own = one([1]);
      readonly list = [one([1]), [one([1])]] as const;
      readonly map = new Map([['a', one([1])]]);
      readonly named = { a: { b: one([1]) } };
      readonly parameterList = new nn.ParameterList();
      readonly parameterDict = new nn.ParameterDict();
      readonly head = new nn.Linear(1, 1);
      readonly normal = nn.weightNorm(new nn.Linear(1, 1));
      readonly lstm = new nn.LSTM(1, 1);
      constructor() {
        super();
        this.parameterList.push(one([1]));
        this.parameterDict.set('a', one([1]));
      }
      override forward(input: Tensor): Tensor {
        const { own, list, map, named, parameterList, parameterDict } = this;
        const all = [own, list[0], list[1][0], map.get('a')!, named.a.b, parameterList.at(0), parameterDict.get('a')];
        const scaled = all.reduce<Tensor>((product, factor) => product.mul(factor), this.head.forward(input));
        return this.normal.forward(this.lstm.forward(scaled.reshape([1, 1, 1]))[0].reshape([1, 1]));
      }
    }
    const model = new Shown();
    expect(step(model, model.head.parameters())).not.toThrow();
    const copied = new Shown().clone();
    expect(step(copied, copied.head.parameters())).not.toThrow();
  });
});

it('gradients are an array', () => {
  const { a, b, loss } = twins();
  const found = gradients(loss(), [b, a]);
  expect([found.length, Array.isArray(found), found.wrt]).toEqual([2, true, [b, a]]);
  expect([found.get(b), found.get(a), found.get(zeros([1]))]).toEqual([found[0], found[1], undefined]);
  for (const derived of [found.slice(), found.filter(() => true), [...found], found.map(({ shape }) => shape)]) {
    expect(derived).not.toBeInstanceOf(Gradients);
    expect(derived).toHaveLength(2);
  }
  expect(found.map((each) => each.sum())).not.toBeInstanceOf(Gradients);
});
