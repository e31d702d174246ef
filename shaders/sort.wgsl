// The stable order of each row of keys [rows, columns], u32: order[r, p] = the place in row r of its p-th smallest key.
//
// rank          for short rows: each key counts those before it. Columns² comparisons a row, one dispatch.
//
// For long rows, a radix sort from the lowest digit up (Knuth, The Art of Computer Programming, vol. 3, §5.2.5). A pass over one digit has
// four dispatches; a row is cut into `tiles` tiles of `tile` keys:
// count         how often each digit occurs in each tile
// sums, scan    running totals of those counts, in the order (row, digit, tile): where the first such key goes. A row's counts add up to
//               its length, so the rows need no counts of their own. The line of counts is cut into parts; each adds up those before it.
// distribute    moves each key, and the place that it came from, to where it goes; in order, so keys that are equal stay so
//
// `count` and `distribute` are for CPU adapters: an invocation takes a long tile with its counts in memory. `countShared` and `distributeShared` are
// for GPUs: a workgroup takes a tile, each invocation a run of EACH keys with counts of its own in workgroup memory.

struct Params {
  rows: u32,
  columns: u32,
  tile: u32,
  tiles: u32,
  // Bits of a digit.
  bits: u32,
  // Length of a part of the counts, and how many parts there are.
  part: u32,
  parts: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(1) var<storage, read> orderIn: array<u32>;
@group(0) @binding(2) var<storage, read_write> keysOut: array<u32>;
@group(0) @binding(3) var<storage, read_write> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<storage, read> countsIn: array<u32>;
@group(0) @binding(6) var<storage, read_write> totals: array<u32>;
@group(0) @binding(7) var<storage, read> totalsIn: array<u32>;

const DIGITS = 1u << params.bits;

fn digitOf(key: u32) -> u32 { return key & (DIGITS - 1u); }

@compute @workgroup_size(64)
fn rank(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.rows * params.columns) { return; }
  let own = keys[i];
  let base = i / params.columns * params.columns;
  var before = 0u;
  for (var j = base + group.z; j < base + params.columns; j++) {
    let other = keys[j];
    before += select(0u, 1u, (other < own) | ((other == own) & (j < i)));
  }
  order[base + before] = i - base;
}

// Digit `d` of tile number `tile` of all.
fn countPlace(tile: u32, d: u32) -> u32 {
  return (tile / params.tiles * DIGITS + d) * params.tiles + tile % params.tiles;
}

fn beginOf(tile: u32) -> u32 { return tile / params.tiles * params.columns + tile % params.tiles * params.tile; }
fn endOf(tile: u32) -> u32 { return tile / params.tiles * params.columns + min(params.columns, (tile % params.tiles + 1u) * params.tile); }

// Moves the key at `source` to `to`, without its lowest digit: so all passes are the same, and one pipeline serves them.
fn carry(key: u32, source: u32, to: u32) {
  if (FIRST) { order[to] = source % params.columns; } else { order[to] = orderIn[source]; }
  keysOut[to] = key >> params.bits;
}

@compute @workgroup_size(64)
fn count(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let tile = (group.x + group.y * params.gridX) * 64u + thread;
  if (tile >= params.rows * params.tiles) { return; }
  for (var d = group.z; d < DIGITS; d++) { counts[countPlace(tile, d)] = 0u; }
  let end = endOf(tile);
  for (var i = beginOf(tile); i < end; i++) { counts[countPlace(tile, digitOf(keys[i]))] += 1u; }
}

@compute @workgroup_size(64)
fn sums(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let part = (group.x + group.y * params.gridX) * 64u + thread;
  if (part >= params.parts) { return; }
  let end = min((part + 1u) * params.part, params.rows * DIGITS * params.tiles);
  var total = 0u;
  for (var i = part * params.part; i < end; i++) { total += countsIn[i]; }
  totals[part] = total;
}

@compute @workgroup_size(64)
fn scan(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let part = (group.x + group.y * params.gridX) * 64u + thread;
  if (part >= params.parts) { return; }
  var total = 0u;
  for (var before = 0u; before < part; before++) { total += totalsIn[before]; }
  let end = min((part + 1u) * params.part, params.rows * DIGITS * params.tiles);
  for (var i = part * params.part; i < end; i++) {
    let here = counts[i];
    counts[i] = total;
    total += here;
  }
}

@compute @workgroup_size(64)
fn distribute(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let tile = (group.x + group.y * params.gridX) * 64u + thread;
  if (tile >= params.rows * params.tiles) { return; }
  let end = endOf(tile);
  for (var i = beginOf(tile); i < end; i++) {
    let key = keys[i];
    let place = countPlace(tile, digitOf(key));
    let to = counts[place];
    counts[place] = to + 1u;
    carry(key, i, to);
  }
}

// Counts of each invocation: those of one digit side by side.
var<workgroup> own: array<u32, DIGITS * 64>;

// `zero` is 0, which compilers can't know: they would unroll the loops.
fn countOwn(tile: u32, thread: u32, zero: u32) {
  for (var d = zero; d < DIGITS; d++) { own[d * 64u + thread] = 0u; }
  let begin = beginOf(tile) + thread * EACH;
  let end = min(begin + EACH, endOf(tile));
  for (var i = begin; i < end; i++) { own[digitOf(keys[i]) * 64u + thread] += 1u; }
}

@compute @workgroup_size(64)
fn countShared(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let tile = group.x + group.y * params.gridX;
  if (tile >= params.rows * params.tiles) { return; }
  countOwn(tile, thread, group.z);
  workgroupBarrier();
  if (thread >= DIGITS) { return; }
  var total = 0u;
  for (var other = group.z; other < 64u; other++) { total += own[thread * 64u + other]; }
  counts[countPlace(tile, thread)] = total;
}

@compute @workgroup_size(64)
fn distributeShared(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let tile = group.x + group.y * params.gridX;
  if (tile >= params.rows * params.tiles) { return; }
  countOwn(tile, thread, group.z);
  workgroupBarrier();
  if (thread < DIGITS) {
    var next = countsIn[countPlace(tile, thread)];
    for (var other = group.z; other < 64u; other++) {
      let here = own[thread * 64u + other];
      own[thread * 64u + other] = next;
      next += here;
    }
  }
  workgroupBarrier();
  let begin = beginOf(tile) + thread * EACH;
  let end = min(begin + EACH, endOf(tile));
  for (var i = begin; i < end; i++) {
    let key = keys[i];
    let place = digitOf(key) * 64u + thread;
    let to = own[place];
    own[place] = to + 1u;
    carry(key, i, to);
  }
}
