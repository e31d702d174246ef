// Adamax (Kingma & Ba, arXiv 1412.6980, section 7.1) for all parameters at once; torch.optim.Adamax's form:
//
//   g = scale·dw + λ·w      m = β₁·m + (1 − β₁)·g      u = max(β₂·u, |g| + ε)      w = w − lr / (1 − β₁ᵗ) · m / u
//
// Arena rows: w, m, u. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, gain1: f32, beta2: f32, correction1: f32, eps: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i] + rate.decay * w;
  let m = mix(arena[params.count + i], g, rate.gain1);
  let u = max(rate.beta2 * arena[2u * params.count + i], abs(g) + rate.eps);
  arena[params.count + i] = m;
  arena[2u * params.count + i] = u;
  arena[i] = w - rate.lr / rate.correction1 * m / u;
}
