// RMSprop (Tieleman & Hinton, 2012; centred: Graves, arXiv 1308.0850) for all parameters at once; torch.optim.RMSprop's form:
//
//   g = scale·dw + λ·w      v = α·v + (1 − α)·g²      a = α·a + (1 − α)·g if centred, else 0
//   s = g / (√(v − a²) + ε)      b = μ·b + s      w = w − lr·b  (lr·s without momentum)
//
// Arena rows: w, v, a if centred, b with momentum. One invocation an element; nothing to tile.

struct Params {
  // Elements of a row of the arena.
  count: u32,
  // 64-element blocks to update, those of one workgroup, and workgroups along x; the rest folds into y.
  blocks: u32,
  each: u32,
  gridX: u32,
  centered: u32,
  momentum: u32,
}

// In the place of a row: the block's parameter isn't trained.
const FROZEN = 0xffffffffu;
// New for every step; rowOf tells which belong to a block.
struct Rates { lr: f32, gain: f32, momentum: f32, eps: f32, decay: f32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> rowOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> arena: array<f32>;

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i] + rate.decay * w;
  let v = mix(arena[params.count + i], g * g, rate.gain);
  arena[params.count + i] = v;
  var variance = v;
  if (params.centered == 1u) {
    let a = mix(arena[2u * params.count + i], g, rate.gain);
    arena[2u * params.count + i] = a;
    // Rounding may leave it below 0.
    variance = max(v - a * a, 0);
  }
  var s = g / (sqrt(variance) + rate.eps);
  if (params.momentum == 1u) {
    let at = (2u + params.centered) * params.count + i;
    s += rate.momentum * arena[at];
    arena[at] = s;
  }
  arena[i] = w - rate.lr * s;
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (group.x + group.y * params.gridX) * params.each;
  for (var b = first; b < min(first + params.each, params.blocks); b++) {
    if (rowOf[b] != FROZEN) { advance(b * 64u + local, rates[rowOf[b]]); }
  }
}
