// Attention without a matrix of queries × keys, after FlashAttention (Dao et al., arXiv 2205.14135; two passes backward as in arXiv 2307.08691):
//   forward:   s = scale·q·kᵀ + mask; m = max s; l = log Σ_key exp(s − m); y = Σ_key exp(s − m − l)·drop·v, and m, l
//   backward:  p = exp(s − m − l); dp = drop·(dy·vᵀ); ds = p·(dp − stats); dq = scale·ds·k; dk = scale·dsᵀ·q; dv = (p·drop)ᵀ·dy
//
// q is [heads, rows, depth], k [heads, keys, depth], v [heads, keys, valueDepth], where grouped heads of q stand as further rows of the one head
// of k and v that they share: row r is query r % queries. `own` is the side of which a workgroup has some rows, `other` the side it walks over:
//   forward                own = q                other = k, otherValue = v    y = [y: heads·rows·valueDepth, m and l: heads·rows each]
//   backward               own = q, ownValue = dy other = k, otherValue = v    y = dq
//   backward, BY_KEY       own = k, ownValue = v  other = q, otherValue = dy   y = [dk, dv]
// stats is [m, l, Σ_d y·dy] for all rows, 3·heads·rows long. Of m + l nothing would be left of l where scores are as large as −1e9. drop is 0 or
// 1 / (1 − probability), from Philox counters: the same forward and backward. A row whose scores are all −∞ has y = 0 and no gradient; one
// with a NaN or ∞ among them is NaN. No atomics: dq and [dk, dv] have passes of their own.
//
// Tiling: 32 own rows a workgroup, four threads each, which share the depth in slices of interleaved vec4f: each holds its slice of the row and of the result
// in registers. TILE other rows at a time go through workgroup memory; partial scores are exchanged there too.
// with lib/attention.wgsl
// with lib/philox.wgsl

const TILE = 8u;
const SLICES = 4u;
const GROUP_ROWS = 32u;
const GROUP = GROUP_ROWS * SLICES;
const OWN_TILES = (OWN_ROWS + GROUP_ROWS - 1u) / GROUP_ROWS;
// vec4f of a thread, and of a whole row.
const D4 = (params.depth + 4u * SLICES - 1u) / (4u * SLICES);
const V4 = (params.valueDepth + 4u * SLICES - 1u) / (4u * SLICES);
const D_WIDTH = D4 * SLICES;
const V_WIDTH = V4 * SLICES;

var<workgroup> others: array<vec4f, TILE * D_WIDTH>;
var<workgroup> otherValues: array<vec4f, TILE * V_WIDTH>;
// Each thread's part of own · other and ownValue · otherValue.
var<workgroup> parts: array<vec2f, TILE * GROUP>;

struct Place {
  head: u32,
  // First own row of the workgroup.
  first: u32,
}

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  return Place(id / OWN_TILES, id % OWN_TILES * GROUP_ROWS);
}

fn stage(at: Place, first: u32, thread: u32) {
  for (var i = thread; i < TILE * D_WIDTH; i += GROUP) {
    let row = first + i / D_WIDTH;
    let d = i % D_WIDTH * 4u;
    let base = (at.head * OTHER_ROWS + row) * params.depth + d;
    var value = vec4f();
    for (var j = 0u; j < 4u; j++) {
      if (row < OTHER_ROWS && d + j < params.depth) { value[j] = f32(other[base + j]); }
    }
    others[i] = value;
  }
  for (var i = thread; i < TILE * V_WIDTH; i += GROUP) {
    let row = first + i / V_WIDTH;
    let d = i % V_WIDTH * 4u;
    let base = (at.head * OTHER_ROWS + row) * params.valueDepth + d;
    var value = vec4f();
    for (var j = 0u; j < 4u; j++) {
      if (row < OTHER_ROWS && d + j < params.valueDepth) { value[j] = f32(otherValue[base + j]); }
    }
    otherValues[i] = value;
  }
}

// The thread's slice of a row of own.
fn ownSlice(at: Place, row: u32, slice: u32) -> array<vec4f, D4> {
  var result: array<vec4f, D4>;
  let base = (at.head * OWN_ROWS + min(row, OWN_ROWS - 1u)) * params.depth;
  for (var c = 0u; c < D4; c++) {
    for (var j = 0u; j < 4u; j++) {
      let d = (c * SLICES + slice) * 4u + j;
      if (d < params.depth) { result[c][j] = f32(own[base + d]); }
    }
  }
  return result;
}

fn ownValueSlice(at: Place, row: u32, slice: u32) -> array<vec4f, V4> {
  var result: array<vec4f, V4>;
  let base = (at.head * OWN_ROWS + min(row, OWN_ROWS - 1u)) * params.valueDepth;
  for (var c = 0u; c < V4; c++) {
    for (var j = 0u; j < 4u; j++) {
      let d = (c * SLICES + slice) * 4u + j;
      if (d < params.valueDepth) { result[c][j] = f32(ownValue[base + d]); }
    }
  }
  return result;
}

// Scaled and masked: HIDDEN where no weight goes. NaN stays NaN.
fn masked(at: Place, ownRow: u32, otherRow: u32, raw: f32) -> f32 {
  let queryRow = select(ownRow, otherRow, BY_KEY);
  let keyRow = select(otherRow, ownRow, BY_KEY);
  var score = raw * params.scale;
  if (MASKED) {
    let row = min(at.head * params.rows + queryRow, ALL_ROWS - 1u);
    score += mask[row / params.queries / params.maskDivide % params.maskCount * params.maskHead
      + row % params.queries * params.maskRow + min(keyRow, params.keys - 1u) * params.maskColumn];
  }
  let inside = otherRow < OTHER_ROWS && !(CAUSAL && keyRow > queryRow % params.queries);
  return select(HIDDEN, select(score, LOWEST, score < LOWEST), inside && !(score < HIDDEN));
}

fn weight(score: f32, largest: f32, logTotal: f32) -> f32 {
  return select(exp(min(score - largest, 0f) - logTotal), 0f, score == HIDDEN);
}

// What dropout multiplies the weights of TILE other rows with: 0, or 1 / (probability of keeping). A block of 128 bits decides on eight keys.
fn dropFactors(at: Place, ownRow: u32, first: u32) -> array<f32, TILE> {
  var result: array<f32, TILE>;
  var words: vec4u;
  for (var i = 0u; i < TILE; i++) {
    let queryRow = select(ownRow, first + i, BY_KEY);
    let keyRow = select(first + i, ownRow, BY_KEY);
    // The keys of a tile share a block.
    if (BY_KEY || i == 0u) {
      let number = (at.head * params.rows + queryRow) * ((params.keys + 7u) / 8u) + keyRow / 8u;
      words = philox(vec4u(number, params.stream, key[2], key[3]), vec2u(key[0], key[1]), 0);
    }
    let drawn = (words[keyRow / 2u % 4u] >> (16u * (keyRow % 2u))) & 0xffffu;
    result[i] = select(0f, params.keptScale, drawn < params.keep);
  }
  return result;
}

// Whether the causal mask leaves nothing of TILE other rows.
fn isHidden(at: Place, first: u32) -> bool {
  if (!CAUSAL) { return false; }
  if (BY_KEY) { return first % params.queries + TILE <= min(at.first, params.queries); }
  return at.first % params.queries + GROUP_ROWS <= min(first, params.queries);
}

@compute @workgroup_size(GROUP)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.head >= params.heads) { return; }
  let row = at.first + thread / SLICES;
  let slice = thread % SLICES;
  let mine = ownSlice(at, row, slice);
  var sums: array<vec4f, V4>;
  var largest = HIDDEN;
  var total = 0f;
  var worst = 0u;
  for (var first = 0u; first < OTHER_ROWS; first += TILE) {
    if (isHidden(at, first)) { continue; }
    workgroupBarrier();
    stage(at, first, thread);
    workgroupBarrier();
    for (var i = 0u; i < TILE; i++) {
      var part = vec4f();
      for (var c = 0u; c < D4; c++) { part = fma(mine[c], others[i * D_WIDTH + c * SLICES + slice], part); }
      parts[i * GROUP + thread] = vec2f(dot(part, vec4f(1)), 0);
    }
    workgroupBarrier();
    var weights: array<f32, TILE>;
    var peak = largest;
    for (var i = 0u; i < TILE; i++) {
      let at4 = i * GROUP + thread - slice;
      let raw = parts[at4].x + parts[at4 + 1u].x + (parts[at4 + 2u].x + parts[at4 + 3u].x);
      weights[i] = masked(at, row, first + i, raw);
      peak = max(peak, weights[i]);
      worst = max(worst, bitcast<u32>(weights[i]) & 0x7fffffffu);
    }
    let shrink = exp(largest - peak);
    largest = peak;
    total *= shrink;
    for (var i = 0u; i < TILE; i++) {
      weights[i] = weight(weights[i], largest, 0f);
      total += weights[i];
    }
    if (DROPOUT) {
      let factors = dropFactors(at, row, first);
      for (var i = 0u; i < TILE; i++) { weights[i] *= factors[i]; }
    }
    for (var c = 0u; c < V4; c++) {
      var sum = sums[c] * shrink;
      for (var i = 0u; i < TILE; i++) { sum = fma(vec4f(weights[i]), otherValues[i * V_WIDTH + c * SLICES + slice], sum); }
      sums[c] = sum;
    }
  }
  if (row >= OWN_ROWS) { return; }
  let stored = at.head * params.rows + row;
  for (var c = 0u; c < V4; c++) {
    for (var j = 0u; j < 4u; j++) {
      let d = (c * SLICES + slice) * 4u + j;
      if (d >= params.valueDepth) { continue; }
      let value = select(0f, sums[c][j] / total, total > 0f);
      y[stored * params.valueDepth + d] = select(value, bitcast<f32>(worst | 0x7fc00000u), worst >= INFINITE);
    }
  }
  if (slice == 0u) {
    // Whoever reads scores as they are, unrounded, finds their largest.
    y[ALL_ROWS * params.valueDepth + stored] = select(largest, HIDDEN, largest == LOWEST);
    y[ALL_ROWS * (params.valueDepth + 1u) + stored] = select(0f, log(total), total > 0f);
  }
}

@compute @workgroup_size(GROUP)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.head >= params.heads) { return; }
  let row = at.first + thread / SLICES;
  let slice = thread % SLICES;
  let mine = ownSlice(at, row, slice);
  let mineValue = ownValueSlice(at, row, slice);
  var sums: array<vec4f, D4>;
  var valueSums: array<vec4f, V4>;
  let statsOwn = at.head * params.rows + min(row, params.rows - 1u);
  for (var first = 0u; first < OTHER_ROWS; first += TILE) {
    if (isHidden(at, first)) { continue; }
    workgroupBarrier();
    stage(at, first, thread);
    workgroupBarrier();
    for (var i = 0u; i < TILE; i++) {
      var part = vec4f();
      for (var c = 0u; c < D4; c++) { part = fma(mine[c], others[i * D_WIDTH + c * SLICES + slice], part); }
      var valuePart = vec4f();
      for (var c = 0u; c < V4; c++) { valuePart = fma(mineValue[c], otherValues[i * V_WIDTH + c * SLICES + slice], valuePart); }
      parts[i * GROUP + thread] = vec2f(dot(part, vec4f(1)), dot(valuePart, vec4f(1)));
    }
    workgroupBarrier();
    var factors: array<f32, TILE>;
    if (DROPOUT) { factors = dropFactors(at, row, first); }
    var weights: array<f32, TILE>;
    var changes: array<f32, TILE>;
    for (var i = 0u; i < TILE; i++) {
      let at4 = i * GROUP + thread - slice;
      let raw = parts[at4] + parts[at4 + 1u] + (parts[at4 + 2u] + parts[at4 + 3u]);
      let query = select(statsOwn, at.head * params.rows + min(first + i, params.rows - 1u), BY_KEY);
      let w = weight(masked(at, row, first + i, raw.x), stats[query], stats[ALL_ROWS + query]);
      let drop = select(1f, factors[i], DROPOUT);
      changes[i] = w * (raw.y * drop - stats[2u * ALL_ROWS + query]);
      weights[i] = w * drop;
    }
    for (var c = 0u; c < D4; c++) {
      for (var i = 0u; i < TILE; i++) { sums[c] = fma(vec4f(changes[i]), others[i * D_WIDTH + c * SLICES + slice], sums[c]); }
    }
    if (BY_KEY) {
      for (var c = 0u; c < V4; c++) {
        for (var i = 0u; i < TILE; i++) { valueSums[c] = fma(vec4f(weights[i]), otherValues[i * V_WIDTH + c * SLICES + slice], valueSums[c]); }
      }
    }
  }
  if (row >= OWN_ROWS) { return; }
  let stored = at.head * OWN_ROWS + row;
  for (var c = 0u; c < D4; c++) {
    for (var j = 0u; j < 4u; j++) {
      let d = (c * SLICES + slice) * 4u + j;
      if (d < params.depth) { y[stored * params.depth + d] = sums[c][j] * params.scale; }
    }
  }
  if (!BY_KEY) { return; }
  for (var c = 0u; c < V4; c++) {
    for (var j = 0u; j < 4u; j++) {
      let d = (c * SLICES + slice) * 4u + j;
      if (d < params.valueDepth) { y[params.heads * params.keys * params.depth + stored * params.valueDepth + d] = valueSums[c][j]; }
    }
  }
}
