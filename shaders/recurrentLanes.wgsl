enable subgroups;
// A recurrent layer over whole sequences for adapters that run on the CPU; formulas and layouts are those of recurrent.wgsl.
//
// A lane takes a sequence through all steps: it needs nothing that another computes, and no barrier, which such adapters pay for in every
// loop around it. A product's row of weights goes to all sequences of the subgroup: each lane loads COLUMNS of them and subgroupBroadcast
// hands them round, so that one gather serves LANES multiplications. `pack` lays the weights out in the order in which tiles read them:
//   packed [tiles of UNITS · LANES units, DEPTH, COLUMNS, LANES] from weight [DEPTH, gates, units], COLUMNS being gates · UNITS
// A tile's columns are the gates of LANES units, or, with one gate and in the backward pass, 4 · LANES units.
// with lib/recurrentCell.wgsl

@group(0) @binding(10) var<storage, read_write> packing: array<f32>;
@group(0) @binding(11) var<storage, read> packed: array<f32>;

@compute @workgroup_size(64)
fn pack(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64 + thread;
  let column = i / LANES % COLUMNS;
  let k = i / (LANES * COLUMNS) % DEPTH;
  let first = i / (LANES * COLUMNS * DEPTH) * (UNITS * LANES);
  if (first >= params.units) { return; }
  // Units beyond the last repeat it.
  let unit = min(first + column % UNITS * LANES + i % LANES, params.units - 1);
  packing[i] = weight[(k * (COLUMNS / UNITS) + column / UNITS) * params.units + unit];
}

// Lanes beyond the last sequence read it too, without storing anything.
struct Sequence {
  row: u32,
  stored: bool,
}

fn sequenceOf(group: vec3u, lane: u32) -> Sequence {
  let row = (group.x + group.y * params.gridX) * LANES + lane;
  return Sequence(min(row, params.batch - 1), row < params.batch);
}

// Steps of the longest sequence of the subgroup. Not a member above: beside others that differ from lane to lane it would count as one of them.
fn longestOf(group: vec3u) -> u32 {
  let first = (group.x + group.y * params.gridX) * LANES;
  var longest = 0u;
  for (var row = first; row < min(first + LANES, params.batch); row++) { longest = max(longest, lengths[row]); }
  return longest;
}

// A value of the left side times a row of the tile's weights, of which each lane brings COLUMNS.
fn accumulate(sums: ptr<function, array<vec4f, LANES>>, left: f32, weights: vec4f) {
  (*sums)[0] = fma(vec4f(left), subgroupBroadcast(weights, 0), (*sums)[0]);
  (*sums)[1] = fma(vec4f(left), subgroupBroadcast(weights, 1), (*sums)[1]);
  (*sums)[2] = fma(vec4f(left), subgroupBroadcast(weights, 2), (*sums)[2]);
  (*sums)[3] = fma(vec4f(left), subgroupBroadcast(weights, 3), (*sums)[3]);
  if (LANES > 4) {
    (*sums)[LANES - 4] = fma(vec4f(left), subgroupBroadcast(weights, LANES - 4), (*sums)[LANES - 4]);
    (*sums)[LANES - 3] = fma(vec4f(left), subgroupBroadcast(weights, LANES - 3), (*sums)[LANES - 3]);
    (*sums)[LANES - 2] = fma(vec4f(left), subgroupBroadcast(weights, LANES - 2), (*sums)[LANES - 2]);
    (*sums)[LANES - 1] = fma(vec4f(left), subgroupBroadcast(weights, LANES - 1), (*sums)[LANES - 1]);
  }
}

fn weightsOf(w: u32) -> vec4f {
  var weights = vec4f(packed[w], packed[w + LANES * (1 % COLUMNS)], packed[w + LANES * (2 % COLUMNS)], 0);
  if (COLUMNS > 3) { weights.w = packed[w + LANES * 3]; }
  return weights;
}

@compute @workgroup_size(LANES)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let own = sequenceOf(group, lane);
  let longest = longestOf(group);
  for (var i = group.z; i < STATES * params.units; i++) {
    if (own.stored) { states[stateAt(START, own.row) + i] = initial[own.row * (STATES * params.units) + i]; }
  }
  // group.z is 0, which compilers can't know: they would unroll loops over few steps or units.
  for (var s = group.z; s < params.steps; s++) {
    let t = select(s, params.steps - 1 - s, params.reverse == 1);
    let depth = select(0u, DEPTH, t < longest);
    let left = stateAt(slotBefore(t), own.row);
    for (var first = group.z; first < params.units; first += UNITS * LANES) {
      var w = first / UNITS * (DEPTH * COLUMNS) + lane;
      // Set, not only declared: that kept the last tile's sums, through Dawn, on SwiftShader and lavapipe alike.
      var sums = array<vec4f, LANES>();
      for (var k = group.z; k < depth; k++) {
        accumulate(&sums, states[left + k], weightsOf(w));
        w += COLUMNS * LANES;
      }
      var tile = sums;
      for (var i = group.z; i < min(UNITS * LANES, params.units - first); i++) {
        let product = select(tile[i % LANES], vec4f(tile[i % LANES][i / LANES], 0, 0, 0), GATES == 1);
        if (own.stored) { endStep(t, own.row, first + i, product); }
      }
    }
  }
}

@compute @workgroup_size(LANES)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let own = sequenceOf(group, lane);
  let longest = longestOf(group);
  let carry = slopesAt(START, own.row);
  for (var i = group.z; i < STATES * params.units; i++) {
    if (own.stored) { dsums[carry + i] = 0; }
  }
  for (var s = group.z; s < params.steps; s++) {
    let t = select(params.steps - 1 - s, s, params.reverse == 1);
    for (var unit = group.z; unit < params.units; unit++) {
      if (own.stored) { beginStep(t, own.row, unit); }
    }
    let depth = select(0u, DEPTH, t < longest);
    let left = slopesAt(slotAfter(t), own.row);
    for (var first = group.z; first < params.units; first += UNITS * LANES) {
      var w = first / UNITS * (DEPTH * COLUMNS) + lane;
      var sums = array<vec4f, LANES>();
      for (var k = group.z; k < depth; k++) {
        accumulate(&sums, dsums[left + k], weightsOf(w));
        w += COLUMNS * LANES;
      }
      var tile = sums;
      for (var i = group.z; i < min(UNITS * LANES, params.units - first); i++) {
        if (own.stored) { dsums[carry + first + i] += tile[i % LANES][i / LANES]; }
      }
    }
  }
  for (var i = group.z; i < STATES * params.units; i++) {
    if (own.stored) { dsums[carry + i] += dstates[stateAt(START, own.row) + i]; }
  }
}
