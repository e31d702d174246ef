// RMSprop (Tieleman & Hinton, 2012; centred: Graves, arXiv 1308.0850) for all parameters at once; torch.optim.RMSprop's form:
//
//   g = scale·dw + λ·w      v = α·v + (1 − α)·g²      a = α·a + (1 − α)·g if centred, else 0
//   s = g / (√(v − a²) + ε)      b = μ·b + s      w = w − lr·b  (lr·s without momentum)
//
// Arena rows: w, v, a if centred, b with momentum. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, gain: f32, momentum: f32, eps: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i] + rate.decay * w;
  let v = mix(arena[params.count + i], g * g, rate.gain);
  arena[params.count + i] = v;
  var variance = v;
  if (CENTERED) {
    let a = mix(arena[2u * params.count + i], g, rate.gain);
    arena[2u * params.count + i] = a;
    // Rounding may leave it below 0.
    variance = max(v - a * a, 0);
  }
  var s = g / (sqrt(variance) + rate.eps);
  if (MOMENTUM) {
    let at = select(2u, 3u, CENTERED) * params.count + i;
    s += rate.momentum * arena[at];
    arena[at] = s;
  }
  arena[i] = w - rate.lr * s;
}
