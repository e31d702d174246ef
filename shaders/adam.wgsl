// Adam (Kingma & Ba, arXiv 1412.6980), AMSGrad (Reddi et al., 2018) and AdamW (Loshchilov & Hutter, arXiv 1711.05101) for all parameters at once.
//
//   g = scale·dw (+ λ·w unless decoupled)      m = β₁·m + (1 − β₁)·g      v = β₂·v + (1 − β₂)·g²      v̂ = max(v̂, v) if AMSGrad, else v
//   w = (1 − lr·λ if decoupled)·w − lr·(m / (1 − β₁ᵗ)) / (√(v̂ / (1 − β₂ᵗ)) + ε)
//
// Arena rows: w, m, v and, with AMSGrad, v̂. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, gain1: f32, gain2: f32, correction1: f32, correction2: f32, eps: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  var w = arena[i];
  var g = scale[0] * dw[i];
  if (DECOUPLED) { w -= rate.lr * rate.decay * w; } else { g += rate.decay * w; }
  // gain is 1 − β, correction 1 − βᵗ; the host computes both, since 1 − 0.999 loses three digits in f32.
  let m = mix(arena[params.count + i], g, rate.gain1);
  var v = mix(arena[2u * params.count + i], g * g, rate.gain2);
  arena[params.count + i] = m;
  arena[2u * params.count + i] = v;
  if (AMSGRAD) {
    v = max(arena[3u * params.count + i], v);
    arena[3u * params.count + i] = v;
  }
  arena[i] = w - rate.lr * (m / rate.correction1) / (sqrt(v / rate.correction2) + rate.eps);
}
