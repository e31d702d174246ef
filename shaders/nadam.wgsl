// NAdam (Dozat, 2016) for all parameters at once; torch.optim.NAdam's form, with μₜ = β₁·(1 − 0.96^(t·ψ) / 2):
//
//   g = scale·dw (+ λ·w unless decoupled)      m = β₁·m + (1 − β₁)·g      v = β₂·v + (1 − β₂)·g²
//   w = (1 − lr·λ if decoupled)·w − lr·((1 − μₜ)·g / (1 − Π_{s ≤ t} μₛ) + μₜ₊₁·m / (1 − Π_{s ≤ t+1} μₛ)) / (√(v / (1 − β₂ᵗ)) + ε)
//
// Arena rows: w, m, v. One invocation an element; nothing to tile.

struct Params {
  // Elements of a row of the arena.
  count: u32,
  // 64-element blocks to update, those of one workgroup, and workgroups along x; the rest folds into y.
  blocks: u32,
  each: u32,
  gridX: u32,
  decoupled: u32,
}

// In the place of a row: the block's parameter isn't trained.
const FROZEN = 0xffffffffu;
// New for every step; rowOf tells which belong to a block.
struct Rates { lr: f32, gain1: f32, gain2: f32, gradientShare: f32, momentShare: f32, correction2: f32, eps: f32, decay: f32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> rowOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> arena: array<f32>;

fn advance(i: u32, rate: Rates) {
  var w = arena[i];
  var g = scale[0] * dw[i];
  if (params.decoupled == 1u) { w -= rate.lr * rate.decay * w; } else { g += rate.decay * w; }
  let m = mix(arena[params.count + i], g, rate.gain1);
  let v = mix(arena[2u * params.count + i], g * g, rate.gain2);
  arena[params.count + i] = m;
  arena[2u * params.count + i] = v;
  arena[i] = w - rate.lr * (rate.gradientShare * g + rate.momentShare * m) / (sqrt(v / rate.correction2) + rate.eps);
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (group.x + group.y * params.gridX) * params.each;
  for (var b = first; b < min(first + params.each, params.blocks); b++) {
    if (rowOf[b] != FROZEN) { advance(b * 64u + local, rates[rowOf[b]]); }
  }
}
