// What the planner makes of graphs, counted without a GPU.
import { describe, expect, it } from 'vitest';
import { describe as describePlan } from '../../src/engine/compiler/plan.ts';
import { concat, conv2d, gradients, losses, nn, optim, State, stack, type Tensor, tensor } from '../../src/index.ts';
import { f32, GPU, labels, planOf, u32 } from './plan-of.ts';

const count = (...args: Parameters<typeof planOf>): number => planOf(...args).steps.length;

describe('element-wise work', () => {
  it('a chain is one dispatch', () => {
    expect(count((x) => x.mul(2).add(1).exp().sub(x).tanh().relu(), [f32(7, 5)])).toBe(1);
  });

  it('movement ops cost no dispatch of their own', () => {
    expect(
      count(
        (x, y) =>
          x
            .transpose()
            .slice([[1, 4]])
            .add(y.flip(0).expand([3, 7]))
            .pad([[1, 1]])
            .exp(),
        [f32(7, 5), f32(1, 7)],
      ),
    ).toBe(1);
    expect(count((x, y) => concat([x, y], 1).sigmoid(), [f32(3, 2), f32(3, 4)])).toBe(1);
  });

  it('no more buffers are bound than the adapter allows', () => {
    const many = Array.from({ length: 20 }, () => f32(5));
    const made = planOf((...xs) => xs.map((x) => x.exp()).reduce((a, b) => a.mul(b)), many, { ...GPU, maxStorageBuffersPerStage: 8 });
    expect(Math.max(...made.steps.map(({ bindings }) => bindings.length))).toBeLessThanOrEqual(8);
    expect(made.steps.length).toBeLessThanOrEqual(4);
  });

  it('is not written out again and again where it is read at many places', () => {
    const neighbours = (x: Tensor) => {
      const wide = x.pad([
        [1, 1],
        [1, 1],
      ]);
      const at = (row: number, column: number) =>
        wide.slice([
          [row, row + 8],
          [column, column + 8],
        ]);
      return [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => at(row, column))).reduce((a, b) => a.add(b));
    };
    const made = planOf((x) => Array.from({ length: 16 }).reduce<Tensor>((y) => neighbours(y), x), [f32(8, 8)]);
    expect(made.steps.length).toBeLessThanOrEqual(10);
    for (const { code } of made.steps) expect(code.split('\n').length).toBeLessThan(330);
  });

  it('a chain of thousands is cut into kernels', () => {
    const made = planOf((x) => Array.from({ length: 5000 }).reduce<Tensor>((y, _, i) => (i % 2 ? y.sin() : y.cos()), x), [f32(3)]);
    expect(made.steps.length).toBeGreaterThan(10);
    expect(made.steps.length).toBeLessThan(16);
  });

  it('many values put together are cut into kernels, whatever they are made of', () => {
    const many = (length: number, count: number) => Array.from({ length: count }, () => f32(length));
    const most = (made: ReturnType<typeof planOf>) => Math.max(...made.steps.map(({ bindings }) => bindings.length));
    for (const maxStorageBuffersPerStage of [8, 10, 12, 16]) {
      const traits = { ...GPU, maxStorageBuffersPerStage };
      const stacked = planOf((...xs) => stack(xs), many(2, 40), traits);
      expect(most(stacked)).toBeLessThanOrEqual(maxStorageBuffersPerStage);
      expect(stacked.steps.length).toBeLessThanOrEqual(12);
      const window = (x: Tensor) =>
        x
          .reshape([2, 4])
          .flip(1)
          .slice([
            [0, 1],
            [1, 2],
          ])
          .reshape([1]);
      const joined = planOf((x, ...xs) => concat([window(x), ...xs]), [f32(8), ...many(1, 14)], traits);
      expect(most(joined)).toBeLessThanOrEqual(maxStorageBuffersPerStage);
    }
  });

  it('the steps of a recurrent cell and the members of an ensemble are put together, and have gradients', () => {
    const cell = new nn.LSTMCell(3, 4);
    const steps = (x: Tensor) => {
      let state = cell.forward(x);
      const outputs = [state[0]];
      for (let i = 1; i < 20; i++) {
        state = cell.forward(x, ...state);
        outputs.push(state[0]);
      }
      return stack(outputs);
    };
    const members = Array.from({ length: 20 }, () => new nn.Linear(3, 4));
    const ensemble = (x: Tensor) => stack(members.map((member) => member.forward(x).softmax()));
    for (const [run, parameters] of [
      [steps, cell.parameters()],
      [ensemble, members.flatMap((member) => member.parameters())],
    ] as const) {
      const made = planOf((x) => [run(x), ...gradients(run(x).square().sum(), parameters)], [f32(2, 3)]);
      expect(Math.max(...made.steps.map(({ bindings }) => bindings.length))).toBeLessThanOrEqual(8);
    }
  });

  it('thousands of values are added in as few kernels as the buffers allow', () => {
    const made = planOf(
      (...xs) => xs.map((x) => x.sin()).reduce((a, b) => a.add(b)),
      Array.from({ length: 2001 }, () => f32(3)),
    );
    // Each kernel reads six buffers and writes one, which the next one reads.
    expect(made.steps.length).toBeLessThanOrEqual(405);
  });

  it('is not written out again and again in the branches of what is put together', () => {
    const doubled = (x: Tensor) => concat([x.sin(), x.cos()]).slice([[2, 6]]);
    const made = planOf((x) => Array.from({ length: 40 }).reduce<Tensor>((y) => doubled(y), x), [f32(4)]);
    expect(made.steps.length).toBeLessThanOrEqual(14);
    for (const { code } of made.steps) expect(code.split('\n').length).toBeLessThan(1000);
  });

  it('values that are read by two kernels at each of many levels are looked through once', () => {
    const made = planOf(
      (x) => {
        const levels: Tensor[] = [x];
        for (let i = 0; i < 60; i++) levels.push(levels[i].add(levels[i].flip(0)));
        return levels.slice(1).map((y) => y.exp());
      },
      [f32(4)],
    );
    expect(made.steps.length).toBeLessThanOrEqual(120);
  });

  it('goes into the load and the store of a reduction', () => {
    expect(count((x, y) => x.sub(y).square().mean().sqrt(), [f32(9, 5), f32(9, 5)])).toBe(1);
  });
});

describe('epilogues', () => {
  it('bias, activation and residual go into matmul', () => {
    const made = planOf((x, w, b, r) => x.matmul(w).add(b).relu().add(r), [f32(9, 5), f32(5, 7), f32(7), f32(9, 7)]);
    expect(labels(made)).toEqual([expect.stringMatching(/^matmul\.\w+ \+ add, relu, add$/)]);
  });

  it('bias and activation go into conv2d', () => {
    const made = planOf(
      (x, w, b) =>
        conv2d(x, w)
          .add(b.reshape([1, 3, 1, 1]))
          .relu(),
      [f32(2, 2, 6, 6), f32(3, 2, 3, 3), f32(3)],
    );
    expect(labels(made)).toEqual([expect.stringMatching(/^conv\.\w+ \+ add, relu$/)]);
  });

  it('a product that is returned as well keeps its own buffer', () => {
    expect(
      count(
        (x, w) => {
          const y = x.matmul(w);
          return [y, y.relu()];
        },
        [f32(9, 5), f32(5, 7)],
      ),
    ).toBe(2);
  });

  it('a transpose becomes a flag of matmul', () => {
    expect(count((x, w) => x.matmul(w.transpose()), [f32(9, 5), f32(7, 5)])).toBe(1);
    expect(count((x, w) => x.transpose().matmul(w.transpose()), [f32(5, 9), f32(7, 5)])).toBe(1);
    expect(count((x, w) => x.transpose(-1, -2).matmul(w), [f32(2, 5, 9), f32(2, 5, 7)])).toBe(1);
  });
});

describe('simplification', () => {
  it('equal subexpressions are computed once', () => {
    expect(count((x, w) => x.matmul(w).add(x.matmul(w)), [f32(9, 5), f32(5, 7)])).toBe(1);
  });

  it('what nobody reads is left out', () => {
    expect(
      count(
        (x, w) => {
          x.matmul(w).sum();
          return x.add(1);
        },
        [f32(9, 5), f32(5, 7)],
      ),
    ).toBe(1);
  });

  it('the second of two equal outputs costs nothing', () => {
    expect(count((x, w) => [x.matmul(w), x.matmul(w)], [f32(9, 5), f32(5, 7)])).toBe(1);
  });

  it('ones and zeros of derivatives vanish', () => {
    const made = planOf((x) => gradients(x.add(3).sum(), [x])[0].mul(x), [f32(4)]);
    expect(made.steps.length).toBe(1);
    expect(made.steps[0].label).toBe('copy');
  });
});

describe('memory', () => {
  it('values whose lifetimes do not overlap share buffers', () => {
    const chain = (x: Tensor, w: Tensor) => Array.from({ length: 10 }, () => w).reduce((y, each) => y.matmul(each), x);
    const made = planOf(chain, [f32(8, 8), f32(8, 8)]);
    expect(made.steps.length).toBe(10);
    expect(made.slots.length).toBe(2);
  });

  it('no dispatch binds one buffer for reading and for writing', () => {
    const model = new nn.Sequential(new nn.Linear(5, 7), new nn.ReLU(), new nn.Linear(7, 3));
    const made = planOf((x, t) => gradients(losses.crossEntropy(model.forward(x), t), model.parameters()), [f32(4, 5), u32(4)]);
    for (const { bindings, label } of made.steps) {
      const where = ({ place, access }: (typeof bindings)[number]) =>
        `${access} ${place.kind === 'slot' ? place.slot : place.kind === 'private' ? `block ${place.block}` : ''}`;
      const written = bindings.filter(
        ({ access, place }) => access === 'read_write' && (place.kind === 'slot' || place.kind === 'private'),
      );
      for (const binding of written) expect(bindings.map(where), label).not.toContain(where({ ...binding, access: 'read' }));
    }
  });

  it('a value over the binding limit is refused with its size', () => {
    expect(() => planOf((x) => x.add(1), [f32(1000)], { ...GPU, maxBindingBytes: 2048 })).toThrow(
      /add: expected at most 2048 bytes in one buffer, .* got f32 \[1000\] of 4000 bytes/,
    );
  });
});

describe('training steps', () => {
  it('linear regression with SGD takes few dispatches', () => {
    const model = new nn.Linear(5, 1);
    const sgd = new optim.SGD(model.parameters(), { lr: 0.1 });
    const made = planOf(
      (x, y) => {
        const loss = losses.mse(model.forward(x), y);
        sgd.step(gradients(loss, model.parameters()));
        return loss;
      },
      [f32(16, 5), f32(16, 1)],
    );
    // The product, the loss, the gradients of weight and bias, and the update.
    expect(labels(made).length).toBeLessThanOrEqual(6);
    expect(labels(made)[made.steps.length - 1]).toMatch(/^sgd\.update/);
    expect(made.written.map(({ name }) => name)).toEqual(['optimizer']);
  });

  it('weight gradients are written straight into the optimiser’s layout', () => {
    const model = new nn.Sequential(new nn.Linear(5, 7), new nn.ReLU(), new nn.Linear(7, 3));
    const adam = new optim.Adam(model.parameters());
    const made = planOf(
      (x, t) => {
        const loss = losses.crossEntropy(model.forward(x), t);
        adam.step(gradients(loss, model.parameters()));
        return loss;
      },
      [f32(4, 5), u32(4)],
    );
    expect(labels(made).filter((label) => label === 'copy')).toEqual([]);
  });

  it('a state is updated in place where its own element is all that is read', () => {
    const state = new State('counter', [5], 'f32');
    const own = planOf(
      (x) => {
        state.assign(state.mul(0.9).add(x));
        return [];
      },
      [f32(5)],
    );
    expect(own.steps.length).toBe(1);
    expect(own.steps[0].bindings[0].place).toEqual({ kind: 'state', state });
    const other = planOf(
      (x) => {
        state.assign(state.flip(0).add(x));
        return [];
      },
      [f32(5)],
    );
    expect(other.steps.length).toBe(2);
  });
});

describe('describe()', () => {
  it('names dispatches, fused groups, buffers and outputs', () => {
    const text = describePlan(
      planOf(
        (x, w) =>
          x
            .matmul(w)
            .add(tensor([1, 2, 3]))
            .relu(),
        [f32(4, 5), f32(5, 3)],
      ),
    );
    expect(text).toMatch(/^1 dispatches \(3 operations\), 0 shared buffers/);
    expect(text).toMatch(/matmul\.\w+ \+ add, relu {2}\d+×\d+×\d+ {2}input 0, input 1, constant → block 0/);
    expect(text).toContain('output 0: f32 [4, 3] in block 0');
  });
});
