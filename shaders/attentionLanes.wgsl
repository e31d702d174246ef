enable subgroups;
// Attention for adapters that run on the CPU. Formulas, shapes and layout: attention.wgsl, whose other variant this is.
//
// Both entry points walk, for some rows of one side (`own`: queries, or keys when BY_KEY), over all rows of the other side (`other`). A lane
// has four own rows, in the components of a vec4f, and so needs no other lane for their maxima and sums. TILE other rows at a time: their
// values are loaded by different lanes and broadcast, as in matmulLanes.wgsl, for 64 multiplications a step of the depth. The result stands in
// a private array, which each tile reads and writes once.
// with lib/attention.wgsl
// with lib/philox.wgsl

const TILE = 16u;
const GROUP = 8u;
const REGISTERS = TILE / LANES;
const OWN_TILES = (OWN_ROWS + 4u * GROUP - 1u) / (4u * GROUP);

alias Tile = array<vec4f, TILE>;

var<private> sums: array<vec4f, params.depth + params.valueDepth>;

// The same in all lanes.
struct Place {
  head: u32,
  // First own row of the workgroup.
  row: u32,
  // 0, which compilers can't know: loops that begin here aren't unrolled.
  zero: u32,
}

// A lane, and its four own rows; those past the end repeat the last and aren't stored.
struct Lane {
  number: u32,
  rows: vec4u,
}

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  return Place(id / OWN_TILES, id % OWN_TILES * (4u * GROUP), group.z);
}

fn laneOf(at: Place, invocation: u32, number: u32) -> Lane {
  return Lane(number % LANES, at.row + invocation + vec4u(0, 1, 2, 3) * GROUP);
}

// The values of TILE rows, given those that this lane loaded.
fn spread(a: vec4f) -> array<f32, TILE> {
  return array<f32, TILE>(
    subgroupBroadcast(a[0], 0), subgroupBroadcast(a[0], 1), subgroupBroadcast(a[0], 2), subgroupBroadcast(a[0], 3),
    subgroupBroadcast(a[4u / LANES], 4u % LANES), subgroupBroadcast(a[5u / LANES], 5u % LANES),
    subgroupBroadcast(a[6u / LANES], 6u % LANES), subgroupBroadcast(a[7u / LANES], 7u % LANES),
    subgroupBroadcast(a[8u / LANES], 8u % LANES), subgroupBroadcast(a[9u / LANES], 9u % LANES),
    subgroupBroadcast(a[10u / LANES], 10u % LANES), subgroupBroadcast(a[11u / LANES], 11u % LANES),
    subgroupBroadcast(a[12u / LANES], 12u % LANES), subgroupBroadcast(a[13u / LANES], 13u % LANES),
    subgroupBroadcast(a[14u / LANES], 14u % LANES), subgroupBroadcast(a[15u / LANES], 15u % LANES),
  );
}

// Row of `other` that this lane loads in register r.
fn loaded(at: Place, lane: Lane, first: u32, r: u32) -> u32 {
  return at.head * OTHER_ROWS + min(first + r * LANES + lane.number, OTHER_ROWS - 1u);
}

fn loadedRows(at: Place, lane: Lane, first: u32) -> vec4u {
  return vec4u(loaded(at, lane, first, 0), loaded(at, lane, first, 1), loaded(at, lane, first, 2), loaded(at, lane, first, 3));
}

// Sums and tiles stand in variables of their own here: SwiftShader keeps arrays in memory, and takes an index per lane to get at them.

// other · own for TILE rows from `first` on.
fn scores(at: Place, lane: Lane, first: u32) -> Tile {
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let o = (at.head * OWN_ROWS + min(lane.rows, vec4u(OWN_ROWS - 1u))) * params.depth;
  let t = loadedRows(at, lane, first) * params.depth;
  for (var d = at.zero; d < params.depth; d++) {
    let mine = vec4f(f32(own[o.x + d]), f32(own[o.y + d]), f32(own[o.z + d]), f32(own[o.w + d]));
    var a = vec4f(f32(other[t.x + d]), f32(other[t.y + d]), 0, 0);
    if (REGISTERS > 2u) { a.z = f32(other[t.z + d]); a.w = f32(other[t.w + d]); }
    s0 = fma(vec4f(subgroupBroadcast(a[0], 0)), mine, s0);
    s1 = fma(vec4f(subgroupBroadcast(a[0], 1)), mine, s1);
    s2 = fma(vec4f(subgroupBroadcast(a[0], 2)), mine, s2);
    s3 = fma(vec4f(subgroupBroadcast(a[0], 3)), mine, s3);
    s4 = fma(vec4f(subgroupBroadcast(a[4u / LANES], 4u % LANES)), mine, s4);
    s5 = fma(vec4f(subgroupBroadcast(a[5u / LANES], 5u % LANES)), mine, s5);
    s6 = fma(vec4f(subgroupBroadcast(a[6u / LANES], 6u % LANES)), mine, s6);
    s7 = fma(vec4f(subgroupBroadcast(a[7u / LANES], 7u % LANES)), mine, s7);
    s8 = fma(vec4f(subgroupBroadcast(a[8u / LANES], 8u % LANES)), mine, s8);
    s9 = fma(vec4f(subgroupBroadcast(a[9u / LANES], 9u % LANES)), mine, s9);
    s10 = fma(vec4f(subgroupBroadcast(a[10u / LANES], 10u % LANES)), mine, s10);
    s11 = fma(vec4f(subgroupBroadcast(a[11u / LANES], 11u % LANES)), mine, s11);
    s12 = fma(vec4f(subgroupBroadcast(a[12u / LANES], 12u % LANES)), mine, s12);
    s13 = fma(vec4f(subgroupBroadcast(a[13u / LANES], 13u % LANES)), mine, s13);
    s14 = fma(vec4f(subgroupBroadcast(a[14u / LANES], 14u % LANES)), mine, s14);
    s15 = fma(vec4f(subgroupBroadcast(a[15u / LANES], 15u % LANES)), mine, s15);
  }
  return Tile(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
}

// otherValue · ownValue.
fn valueScores(at: Place, lane: Lane, first: u32) -> Tile {
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let o = (at.head * OWN_ROWS + min(lane.rows, vec4u(OWN_ROWS - 1u))) * params.valueDepth;
  let t = loadedRows(at, lane, first) * params.valueDepth;
  for (var d = at.zero; d < params.valueDepth; d++) {
    let mine = vec4f(f32(ownValue[o.x + d]), f32(ownValue[o.y + d]), f32(ownValue[o.z + d]), f32(ownValue[o.w + d]));
    var a = vec4f(f32(otherValue[t.x + d]), f32(otherValue[t.y + d]), 0, 0);
    if (REGISTERS > 2u) { a.z = f32(otherValue[t.z + d]); a.w = f32(otherValue[t.w + d]); }
    s0 = fma(vec4f(subgroupBroadcast(a[0], 0)), mine, s0);
    s1 = fma(vec4f(subgroupBroadcast(a[0], 1)), mine, s1);
    s2 = fma(vec4f(subgroupBroadcast(a[0], 2)), mine, s2);
    s3 = fma(vec4f(subgroupBroadcast(a[0], 3)), mine, s3);
    s4 = fma(vec4f(subgroupBroadcast(a[4u / LANES], 4u % LANES)), mine, s4);
    s5 = fma(vec4f(subgroupBroadcast(a[5u / LANES], 5u % LANES)), mine, s5);
    s6 = fma(vec4f(subgroupBroadcast(a[6u / LANES], 6u % LANES)), mine, s6);
    s7 = fma(vec4f(subgroupBroadcast(a[7u / LANES], 7u % LANES)), mine, s7);
    s8 = fma(vec4f(subgroupBroadcast(a[8u / LANES], 8u % LANES)), mine, s8);
    s9 = fma(vec4f(subgroupBroadcast(a[9u / LANES], 9u % LANES)), mine, s9);
    s10 = fma(vec4f(subgroupBroadcast(a[10u / LANES], 10u % LANES)), mine, s10);
    s11 = fma(vec4f(subgroupBroadcast(a[11u / LANES], 11u % LANES)), mine, s11);
    s12 = fma(vec4f(subgroupBroadcast(a[12u / LANES], 12u % LANES)), mine, s12);
    s13 = fma(vec4f(subgroupBroadcast(a[13u / LANES], 13u % LANES)), mine, s13);
    s14 = fma(vec4f(subgroupBroadcast(a[14u / LANES], 14u % LANES)), mine, s14);
    s15 = fma(vec4f(subgroupBroadcast(a[15u / LANES], 15u % LANES)), mine, s15);
  }
  return Tile(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
}

// sums[d] += Σ_i tile[i]·other[i, d].
fn addOthers(at: Place, lane: Lane, first: u32, tile: Tile) {
  let s0 = tile[0]; let s1 = tile[1]; let s2 = tile[2]; let s3 = tile[3];
  let s4 = tile[4]; let s5 = tile[5]; let s6 = tile[6]; let s7 = tile[7];
  let s8 = tile[8]; let s9 = tile[9]; let s10 = tile[10]; let s11 = tile[11];
  let s12 = tile[12]; let s13 = tile[13]; let s14 = tile[14]; let s15 = tile[15];
  let t = loadedRows(at, lane, first) * params.depth;
  for (var d = at.zero; d < params.depth; d++) {
    var a = vec4f(f32(other[t.x + d]), f32(other[t.y + d]), 0, 0);
    if (REGISTERS > 2u) { a.z = f32(other[t.z + d]); a.w = f32(other[t.w + d]); }
    var sum = sums[d];
    sum = fma(vec4f(subgroupBroadcast(a[0], 0)), s0, sum);
    sum = fma(vec4f(subgroupBroadcast(a[0], 1)), s1, sum);
    sum = fma(vec4f(subgroupBroadcast(a[0], 2)), s2, sum);
    sum = fma(vec4f(subgroupBroadcast(a[0], 3)), s3, sum);
    sum = fma(vec4f(subgroupBroadcast(a[4u / LANES], 4u % LANES)), s4, sum);
    sum = fma(vec4f(subgroupBroadcast(a[5u / LANES], 5u % LANES)), s5, sum);
    sum = fma(vec4f(subgroupBroadcast(a[6u / LANES], 6u % LANES)), s6, sum);
    sum = fma(vec4f(subgroupBroadcast(a[7u / LANES], 7u % LANES)), s7, sum);
    sum = fma(vec4f(subgroupBroadcast(a[8u / LANES], 8u % LANES)), s8, sum);
    sum = fma(vec4f(subgroupBroadcast(a[9u / LANES], 9u % LANES)), s9, sum);
    sum = fma(vec4f(subgroupBroadcast(a[10u / LANES], 10u % LANES)), s10, sum);
    sum = fma(vec4f(subgroupBroadcast(a[11u / LANES], 11u % LANES)), s11, sum);
    sum = fma(vec4f(subgroupBroadcast(a[12u / LANES], 12u % LANES)), s12, sum);
    sum = fma(vec4f(subgroupBroadcast(a[13u / LANES], 13u % LANES)), s13, sum);
    sum = fma(vec4f(subgroupBroadcast(a[14u / LANES], 14u % LANES)), s14, sum);
    sum = fma(vec4f(subgroupBroadcast(a[15u / LANES], 15u % LANES)), s15, sum);
    sums[d] = sum;
  }
}

// sums[depth + d] = sums[depth + d]·factor + Σ_i tile[i]·otherValue[i, d].
fn addValues(at: Place, lane: Lane, first: u32, tile: Tile, factor: vec4f) {
  let s0 = tile[0]; let s1 = tile[1]; let s2 = tile[2]; let s3 = tile[3];
  let s4 = tile[4]; let s5 = tile[5]; let s6 = tile[6]; let s7 = tile[7];
  let s8 = tile[8]; let s9 = tile[9]; let s10 = tile[10]; let s11 = tile[11];
  let s12 = tile[12]; let s13 = tile[13]; let s14 = tile[14]; let s15 = tile[15];
  let t = loadedRows(at, lane, first) * params.valueDepth;
  for (var d = at.zero; d < params.valueDepth; d++) {
    var a = vec4f(f32(otherValue[t.x + d]), f32(otherValue[t.y + d]), 0, 0);
    if (REGISTERS > 2u) { a.z = f32(otherValue[t.z + d]); a.w = f32(otherValue[t.w + d]); }
    var sum = sums[params.depth + d] * factor;
    sum = fma(vec4f(subgroupBroadcast(a[0], 0)), s0, sum);
    sum = fma(vec4f(subgroupBroadcast(a[0], 1)), s1, sum);
    sum = fma(vec4f(subgroupBroadcast(a[0], 2)), s2, sum);
    sum = fma(vec4f(subgroupBroadcast(a[0], 3)), s3, sum);
    sum = fma(vec4f(subgroupBroadcast(a[4u / LANES], 4u % LANES)), s4, sum);
    sum = fma(vec4f(subgroupBroadcast(a[5u / LANES], 5u % LANES)), s5, sum);
    sum = fma(vec4f(subgroupBroadcast(a[6u / LANES], 6u % LANES)), s6, sum);
    sum = fma(vec4f(subgroupBroadcast(a[7u / LANES], 7u % LANES)), s7, sum);
    sum = fma(vec4f(subgroupBroadcast(a[8u / LANES], 8u % LANES)), s8, sum);
    sum = fma(vec4f(subgroupBroadcast(a[9u / LANES], 9u % LANES)), s9, sum);
    sum = fma(vec4f(subgroupBroadcast(a[10u / LANES], 10u % LANES)), s10, sum);
    sum = fma(vec4f(subgroupBroadcast(a[11u / LANES], 11u % LANES)), s11, sum);
    sum = fma(vec4f(subgroupBroadcast(a[12u / LANES], 12u % LANES)), s12, sum);
    sum = fma(vec4f(subgroupBroadcast(a[13u / LANES], 13u % LANES)), s13, sum);
    sum = fma(vec4f(subgroupBroadcast(a[14u / LANES], 14u % LANES)), s14, sum);
    sum = fma(vec4f(subgroupBroadcast(a[15u / LANES], 15u % LANES)), s15, sum);
    sums[params.depth + d] = sum;
  }
}

// Scaled and masked: HIDDEN where no weight goes. NaN stays NaN.
fn masked(at: Place, lane: Lane, first: u32, raw: Tile) -> Tile {
  var tile = raw;
  // Unrolled, the mask's places take longer to compile than all the rest.
  for (var i = select(0u, at.zero, MASKED); i < TILE; i++) {
    let there = vec4u(first + i);
    let queryRow = select(lane.rows, there, BY_KEY);
    let keyRow = select(there, lane.rows, BY_KEY);
    var score = tile[i] * params.scale;
    if (MASKED) {
      let row = min(vec4u(at.head * params.rows) + queryRow, vec4u(ALL_ROWS - 1u));
      let m = (
        row / params.queries / params.maskDivide % params.maskCount * params.maskHead
        + row % params.queries * params.maskRow + min(keyRow, vec4u(params.keys - 1u)) * params.maskColumn
      );
      score += vec4f(mask[m.x], mask[m.y], mask[m.z], mask[m.w]);
    }
    var inside = vec4<bool>(first + i < OTHER_ROWS) & !(score < vec4f(HIDDEN));
    if (CAUSAL) { inside &= keyRow <= queryRow % params.queries; }
    tile[i] = select(vec4f(HIDDEN), select(score, vec4f(LOWEST), score < vec4f(LOWEST)), inside);
  }
  return tile;
}

fn weight(score: vec4f, largest: vec4f, logTotal: vec4f) -> vec4f {
  return select(exp(min(score - largest, vec4f()) - logTotal), vec4f(), score == vec4f(HIDDEN));
}

// What dropout multiplies the weights with: 0, or 1 / (probability of keeping). A block of 128 bits decides on eight keys.
fn dropFactors(at: Place, lane: Lane, first: u32) -> Tile {
  var tile: Tile;
  for (var i = at.zero; i < TILE; i++) {
    for (var j = 0u; j < 4u; j++) {
      let queryRow = select(lane.rows[j], first + i, BY_KEY);
      let keyRow = select(first + i, lane.rows[j], BY_KEY);
      let number = (at.head * params.rows + queryRow) * ((params.keys + 7u) / 8u) + keyRow / 8u;
      let words = philox(vec4u(number, params.stream, key[2], key[3]), vec2u(key[0], key[1]), at.zero);
      let drawn = (words[keyRow / 2u % 4u] >> (16u * (keyRow % 2u))) & 0xffffu;
      tile[i][j] = select(0f, params.keptScale, drawn < params.keep);
    }
  }
  return tile;
}

// One of the three statistics of four rows.
fn statsOf(which: u32, rows: vec4u) -> vec4f {
  let i = which * ALL_ROWS + rows;
  return vec4f(stats[i.x], stats[i.y], stats[i.z], stats[i.w]);
}

// Whether the causal mask leaves nothing of TILE other rows.
fn isHidden(at: Place, first: u32) -> bool {
  if (!CAUSAL) { return false; }
  if (BY_KEY) { return first % params.queries + TILE <= min(at.row, params.queries); }
  return at.row % params.queries + 4u * GROUP <= min(first, params.queries);
}

@compute @workgroup_size(GROUP)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) number: u32) {
  let at = place(group);
  if (at.head >= params.heads) { return; }
  let lane = laneOf(at, invocation, number);
  var largest = vec4f(HIDDEN);
  var total = vec4f();
  var worst = vec4u();
  for (var first = at.zero; first < OTHER_ROWS; first += TILE) {
    if (isHidden(at, first)) { continue; }
    var tile = masked(at, lane, first, scores(at, lane, first));
    let before = largest;
    for (var i = 0u; i < TILE; i++) {
      largest = max(largest, tile[i]);
      worst = max(worst, bitcast<vec4u>(tile[i]) & vec4u(0x7fffffffu));
    }
    let factor = exp(before - largest);
    total *= factor;
    for (var i = 0u; i < TILE; i++) {
      tile[i] = weight(tile[i], largest, vec4f());
      total += tile[i];
    }
    if (DROPOUT) {
      let factors = dropFactors(at, lane, first);
      for (var i = 0u; i < TILE; i++) { tile[i] *= factors[i]; }
    }
    addValues(at, lane, first, tile, factor);
  }
  for (var j = at.zero; j < 4u; j++) {
    if (lane.rows[j] >= OWN_ROWS) { continue; }
    let row = at.head * params.rows + lane.rows[j];
    for (var d = at.zero; d < params.valueDepth; d++) {
      let value = select(0f, sums[params.depth + d][j] / total[j], total[j] > 0f);
      y[row * params.valueDepth + d] = select(value, bitcast<f32>(worst[j] | 0x7fc00000u), worst[j] >= INFINITE);
    }
    y[ALL_ROWS * params.valueDepth + row] = select(largest[j], HIDDEN, largest[j] == LOWEST);
    y[ALL_ROWS * (params.valueDepth + 1u) + row] = select(0f, log(total[j]), total[j] > 0f);
  }
}

@compute @workgroup_size(GROUP)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) number: u32) {
  let at = place(group);
  if (at.head >= params.heads) { return; }
  let lane = laneOf(at, invocation, number);
  let ownRows = at.head * params.rows + min(lane.rows, vec4u(params.rows - 1u));
  var largest = statsOf(0, ownRows);
  var logTotal = statsOf(1, ownRows);
  var inner = statsOf(2, ownRows);
  for (var first = at.zero; first < OTHER_ROWS; first += TILE) {
    if (isHidden(at, first)) { continue; }
    var tile = masked(at, lane, first, scores(at, lane, first));
    var changes = valueScores(at, lane, first);
    let t = loadedRows(at, lane, first);
    let peaks = spread(statsOf(0, t));
    let logTotals = spread(statsOf(1, t));
    let inners = spread(statsOf(2, t));
    var factors: Tile;
    if (DROPOUT) { factors = dropFactors(at, lane, first); }
    for (var i = 0u; i < TILE; i++) {
      if (BY_KEY) {
        largest = vec4f(peaks[i]);
        logTotal = vec4f(logTotals[i]);
        inner = vec4f(inners[i]);
      }
      let w = weight(tile[i], largest, logTotal);
      if (DROPOUT) { changes[i] *= factors[i]; }
      changes[i] = w * (changes[i] - inner);
      tile[i] = w;
      if (DROPOUT) { tile[i] *= factors[i]; }
    }
    if (BY_KEY) { addValues(at, lane, first, tile, vec4f(1)); }
    addOthers(at, lane, first, changes);
  }
  for (var j = at.zero; j < 4u; j++) {
    if (lane.rows[j] >= OWN_ROWS) { continue; }
    let row = at.head * OWN_ROWS + lane.rows[j];
    for (var d = at.zero; d < params.depth; d++) { y[row * params.depth + d] = sums[d][j] * params.scale; }
    if (BY_KEY) {
      let values = params.heads * params.keys * params.depth + row * params.valueDepth;
      for (var d = at.zero; d < params.valueDepth; d++) { y[values + d] = sums[params.depth + d][j]; }
    }
  }
}
