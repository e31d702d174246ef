// Stochastic gradient descent with momentum and Nesterov's look-ahead, for all parameters at once; torch.optim.SGD's form:
//
//   g = scale·dw + λ·w      b = μ·b + (1 − dampening)·g  (b = g at the first step)      w = w − lr·(g + μ·b if Nesterov, else b)
//
// Arena rows: w and, with momentum, b. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, momentum: f32, gain: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  var g = scale[0] * dw[i] + rate.decay * w;
  if (MOMENTUM) {
    // gain is what the gradient counts for: 1 − dampening, and 1 at the first step.
    let b = rate.momentum * arena[params.count + i] + rate.gain * g;
    arena[params.count + i] = b;
    g = select(b, g + rate.momentum * b, NESTEROV);
  }
  arena[i] = w - rate.lr * g;
}
