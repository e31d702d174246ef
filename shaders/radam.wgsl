// RAdam (Liu et al., arXiv 1908.03265) for all parameters at once; torch.optim.RAdam's form:
//
//   g = scale·dw (+ λ·w unless decoupled)      m = β₁·m + (1 − β₁)·g      v = β₂·v + (1 − β₂)·g²
//   w = (1 − lr·λ if decoupled)·w − lr·m / (1 − β₁ᵗ)·(rₜ·√(1 − β₂ᵗ) / (√v + ε) where the variance can be judged, else 1)
//
// Arena rows: w, m, v. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, gain1: f32, gain2: f32, correction1: f32, rectification: f32, eps: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  var w = arena[i];
  var g = scale[0] * dw[i];
  if (DECOUPLED) { w -= rate.lr * rate.decay * w; } else { g += rate.decay * w; }
  let m = mix(arena[params.count + i], g, rate.gain1);
  let v = mix(arena[2u * params.count + i], g * g, rate.gain2);
  arena[params.count + i] = m;
  arena[2u * params.count + i] = v;
  // rectification is rₜ·√(1 − β₂ᵗ), and 0 while too few steps were taken for a variance.
  let adaption = select(1f, rate.rectification / (sqrt(v) + rate.eps), rate.rectification > 0);
  arena[i] = w - rate.lr * (m / rate.correction1) * adaption;
}
