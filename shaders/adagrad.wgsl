// Adagrad (Duchi, Hazan & Singer, 2011) for all parameters at once; torch.optim.Adagrad's form:
//
//   g = scale·dw + λ·w      s = s + g²      w = w − lr / (1 + (t − 1)·decay) · g / (√s + ε)
//
// Arena rows: w, s. The host computes the falling rate. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { lr: f32, eps: f32, decay: f32 }

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i] + rate.decay * w;
  let s = arena[params.count + i] + g * g;
  arena[params.count + i] = s;
  arena[i] = w - rate.lr * g / (sqrt(s) + rate.eps);
}
