// Lion (Chen et al., arXiv 2302.06675, algorithm 2) for all parameters at once:
//
//   g = scale·dw      u = sign(β₁·m + (1 − β₁)·g)      w = w − lr·(u + λ·w)      m = β₂·m + (1 − β₂)·g
//
// Arena rows: w, m. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, gain1: f32, gain2: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i];
  let m = arena[params.count + i];
  arena[i] = w - rate.lr * (sign(mix(m, g, rate.gain1)) + rate.decay * w);
  arena[params.count + i] = mix(m, g, rate.gain2);
}
