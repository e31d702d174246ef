// Adamax (Kingma & Ba, arXiv 1412.6980, section 7.1) for all parameters at once; torch.optim.Adamax's form:
//
//   g = scale·dw + λ·w      m = β₁·m + (1 − β₁)·g      u = max(β₂·u, |g| + ε)      w = w − lr / (1 − β₁ᵗ) · m / u
//
// Arena rows: w, m, u. One invocation an element; nothing to tile.

struct Params {
  // Elements of a row of the arena.
  count: u32,
  // 64-element blocks to update, those of one workgroup, and workgroups along x; the rest folds into y.
  blocks: u32,
  each: u32,
  gridX: u32,
}

// In the place of a row: the block's parameter isn't trained.
const FROZEN = 0xffffffffu;
// New for every step; rowOf tells which belong to a block.
struct Rates { lr: f32, gain1: f32, beta2: f32, correction1: f32, eps: f32, decay: f32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> rowOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> arena: array<f32>;

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i] + rate.decay * w;
  let m = mix(arena[params.count + i], g, rate.gain1);
  let u = max(rate.beta2 * arena[2u * params.count + i], abs(g) + rate.eps);
  arena[params.count + i] = m;
  arena[2u * params.count + i] = u;
  arena[i] = w - rate.lr / rate.correction1 * m / u;
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (group.x + group.y * params.gridX) * params.each;
  for (var b = first; b < min(first + params.each, params.blocks); b++) {
    if (rowOf[b] != FROZEN) { advance(b * 64u + local, rates[rowOf[b]]); }
  }
}
