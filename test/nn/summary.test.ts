import { expect, it } from 'vitest';
import { nn, type Tensor, zeros } from '../../src/index.ts';

class Net extends nn.Module {
  readonly features = new nn.Sequential(new nn.Conv2d(3, 8, 3, { padding: 1, bias: false }), new nn.BatchNorm2d(8), new nn.ReLU());
  readonly scale = new nn.Parameter('scale', [1], 'f32');
  readonly head = new nn.Linear(8, 10);
  override forward(x: Tensor): Tensor {
    const y = this.features.forward(x).mean([2, 3]);
    return this.head
      .forward(y)
      .mul(this.scale)
      .add(this.head.forward(y))
      .matmul(zeros([10, 2]));
  }
}

it('tells shapes, parameters and multiply-adds of each call, without a GPU', () => {
  const model = new Net();
  model.features.requiresGrad(false);
  const found = nn.summary(model, [2, 3, 16, 16]);
  expect(found.layers.map(({ type: _, ...row }) => Object.values(row).map(String).join(' '))).toEqual([
    ' 0 2,2 1 0 40',
    'features 1 2,8,16,16 0 0 0',
    `features.0 2 2,8,16,16 216 216 ${2 * 16 * 16 * 8 * 27}`,
    'features.1 2 2,8,16,16 16 16 0',
    'features.2 2 2,8,16,16 0 0 0',
    'head 1 2,10 90 0 160',
    'head 1 2,10 0 0 160',
  ]);
  expect([found.parameters, found.frozen, found.multiplyAdds]).toEqual([323, 232, 110592 + 360]);
  expect([model.training, model.features.training, Object.hasOwn(model, 'forward')]).toEqual([true, true, false]);
});

it('prints the table that torchinfo prints', () => {
  const lines = String(nn.summary(new Net(), [1, 3, 16, 16])).split('\n');
  expect(lines.slice(0, 6)).toEqual([
    '='.repeat(108),
    'Layer (type:depth-idx)                      Output Shape            Param #             Mult-Adds',
    '='.repeat(108),
    'Net                                         [1, 2]                  1                   20',
    '├─Sequential: 1-1                           [1, 8, 16, 16]          --                  --',
    '│    ├─Conv2d: 2-1                          [1, 8, 16, 16]          216                 55,296',
  ]);
  expect(lines.slice(-5)).toEqual([
    'Total params: 323',
    'Trainable params: 323',
    'Non-trainable params: 0',
    'Total mult-adds: 55,476',
    '='.repeat(108),
  ]);
});

it('counts attention, recurrence and transposed convolutions', () => {
  expect(nn.summary(new nn.MultiheadAttention(8, 2), [1, 5, 8]).multiplyAdds).toBe(5 * 8 * 24 + 5 * 5 * 8 * 2 + 5 * 8 * 8);
  expect(nn.summary(new nn.ConvTranspose2d(4, 6, 2, { stride: 2 }), [1, 4, 5, 5]).multiplyAdds).toBe(25 * 4 * 6 * 4);
  expect(nn.summary(new nn.Conv2d(4, 8, 3, { groups: 4 }), [1, 4, 5, 5]).multiplyAdds).toBe(9 * 8 * 9);
  expect(nn.summary(new nn.LSTM(3, 4), [7, 2, 3]).multiplyAdds).toBe(7 * 2 * 16 * 3 + 7 * 2 * 16 * 4);
});

it('refuses what is no model or no shape', () => {
  expect(() => nn.summary(3 as never)).toThrow('summary: expected model to be a module, got 3');
  expect(() => nn.summary(new nn.ReLU(), [-1])).toThrow('summary: expected inputs[0] to be the shape of an input, or a tensor');
  const model = new nn.Linear(2, 1);
  expect(() => nn.summary(model, [1, 3])).toThrow('Linear: expected [.., 2], got [1, 3]');
  expect([model.training, Object.hasOwn(model, 'forward')]).toEqual([true, false]);
});
