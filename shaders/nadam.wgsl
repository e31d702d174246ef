// NAdam (Dozat, 2016) for all parameters at once; torch.optim.NAdam's form, with μₜ = β₁·(1 − 0.96^(t·ψ) / 2):
//
//   g = scale·dw (+ λ·w unless decoupled)      m = β₁·m + (1 − β₁)·g      v = β₂·v + (1 − β₂)·g²
//   w = (1 − lr·λ if decoupled)·w − lr·((1 − μₜ)·g / (1 − Π_{s ≤ t} μₛ) + μₜ₊₁·m / (1 − Π_{s ≤ t+1} μₛ)) / (√(v / (1 − β₂ᵗ)) + ε)
//
// Arena rows: w, m, v. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, gain1: f32, gain2: f32, gradientShare: f32, momentShare: f32, correction2: f32, eps: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  var w = arena[i];
  var g = scale[0] * dw[i];
  if (DECOUPLED) { w -= rate.lr * rate.decay * w; } else { g += rate.decay * w; }
  let m = mix(arena[params.count + i], g, rate.gain1);
  let v = mix(arena[2u * params.count + i], g * g, rate.gain2);
  arena[params.count + i] = m;
  arena[2u * params.count + i] = v;
  arena[i] = w - rate.lr * (rate.gradientShare * g + rate.momentShare * m) / (sqrt(v / rate.correction2) + rate.eps);
}
