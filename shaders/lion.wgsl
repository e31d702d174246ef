// Lion (Chen et al., arXiv 2302.06675, algorithm 2) for all parameters at once:
//
//   g = scale·dw      u = sign(β₁·m + (1 − β₁)·g)      w = w − lr·(u + λ·w)      m = β₂·m + (1 − β₂)·g
//
// Arena rows: w, m. One invocation an element; nothing to tile.

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
struct Rates { lr: f32, gain1: f32, gain2: f32, decay: f32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> rowOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> arena: array<f32>;

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  let g = scale[0] * dw[i];
  let m = arena[params.count + i];
  arena[i] = w - rate.lr * (sign(mix(m, g, rate.gain1)) + rate.decay * w);
  arena[params.count + i] = mix(m, g, rate.gain2);
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (group.x + group.y * params.gridX) * params.each;
  for (var b = first; b < min(first + params.each, params.blocks); b++) {
    if (rowOf[b] != FROZEN) { advance(b * 64u + local, rates[rowOf[b]]); }
  }
}
