// Rprop (Riedmiller & Braun, 1993; the variant without weight-backtracking, iRprop−) for all parameters at once; torch.optim.Rprop's form:
//
//   where g·g′ > 0: s = min(s·η₊, s_max)      where g·g′ < 0: s = max(s·η₋, s_min), g = 0      w = w − sign(g)·s      g′ = g
//
// Arena rows: w, the gradient before g′, steps s. One invocation an element; nothing to tile.

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
struct Rates { etaMinus: f32, etaPlus: f32, smallest: f32, largest: f32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> rowOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> arena: array<f32>;

fn advance(i: u32, rate: Rates) {
  var g = scale[0] * dw[i];
  let agreement = sign(g) * sign(arena[params.count + i]);
  var s = arena[2u * params.count + i];
  if (agreement > 0) { s *= rate.etaPlus; }
  if (agreement < 0) {
    s *= rate.etaMinus;
    g = 0;
  }
  s = clamp(s, rate.smallest, rate.largest);
  arena[params.count + i] = g;
  arena[2u * params.count + i] = s;
  arena[i] -= sign(g) * s;
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (group.x + group.y * params.gridX) * params.each;
  for (var b = first; b < min(first + params.each, params.blocks); b++) {
    if (rowOf[b] != FROZEN) { advance(b * 64u + local, rates[rowOf[b]]); }
  }
}
