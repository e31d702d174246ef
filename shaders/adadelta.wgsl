// Adadelta (Zeiler, arXiv 1212.5701) for all parameters at once; torch.optim.Adadelta's form:
//
//   g = scale·dw + λ·w      v = ρ·v + (1 − ρ)·g²      δ = √(u + ε) / √(v + ε)·g      u = ρ·u + (1 − ρ)·δ²      w = w − lr·δ
//
// Arena rows: w, v, u. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, gain: f32, eps: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i] + rate.decay * w;
  let v = mix(arena[params.count + i], g * g, rate.gain);
  let u = arena[2u * params.count + i];
  let delta = sqrt(u + rate.eps) / sqrt(v + rate.eps) * g;
  arena[params.count + i] = v;
  arena[2u * params.count + i] = mix(u, delta * delta, rate.gain);
  arena[i] = w - rate.lr * delta;
}
