// Elements that belong together, combined. `offsets` [rows + 1] and `order` [count] list the elements of each row: those of row r are
// order[offsets[r]], …, order[offsets[r + 1] − 1], in ascending order. So sums have one order, without atomics.
//   sum:      y[o, r, w] = epilogue(Σ_e x[o, e, w]), x [outer, count, width]
//   product:  y[r, w] = epilogue(Σ_e values[e] · x[sources[e], w]): a sparse matrix times a dense one; sources outside x give 0
//   sampled:  v[e] = epilogue(Σ_w a[targets[e], w] · b[sources[e], w]): a dense product at the places of a sparse matrix; 0 outside
//   extremum: y[r, w] = epilogue(max_e x[e, w]), or min unless LARGEST; NaN if there is one, 0 where a row has none
//
// Fused: the epilogue. An invocation takes EACH outputs, a workgroup apart; neighbours have neighbouring w. A row may hold nearly all elements (a frequent word, one
// graph of a batch). So where there are many, `chunks` first sums each run of CHUNK listed elements that lies in one row, and `combine`
// adds those sums and the elements at the row's ends.

struct Params {
  outer: u32,
  rows: u32,
  width: u32,
  // Elements that are listed.
  count: u32,
  // Rows of x, or of b, that sources point to.
  sources: u32,
  // Whole chunks among the elements.
  chunks: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<storage, read> sumsIn: array<f32>;
@group(0) @binding(6) var<storage, read> values: array<T>;
@group(0) @binding(7) var<storage, read> sources: array<u32>;
@group(0) @binding(8) var<storage, read> targets: array<u32>;
@group(0) @binding(9) var<storage, read> a: array<T>;
@group(0) @binding(10) var<storage, read> b: array<T>;

const CHUNK = 256u;

// Where output i stands in y [outer, rows, width].
struct Place {
  o: u32,
  row: u32,
  w: u32,
}

fn placeOf(i: u32) -> Place {
  let line = i / params.width;
  // Divisions are dear on CPU adapters.
  let o = select(line / params.rows, 0u, params.outer == 1u);
  return Place(o, line - o * params.rows, i - line * params.width);
}

// Σ x[o, e, w] over listed places from `begin` to `end`.
fn run(begin: u32, end: u32, o: u32, w: u32) -> f32 {
  var total = 0f;
  for (var j = begin; j < end; j++) { total += f32(x[(o * params.count + order[j]) * params.width + w]); }
  return total;
}

@compute @workgroup_size(64)
fn sum(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.outer * params.rows * params.width) { return; }
    let at = placeOf(i);
    y[i] = T(epilogue(run(offsets[at.row], offsets[at.row + 1u], at.o, at.w), i));
  }
}

@compute @workgroup_size(64)
fn chunks(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.outer * params.chunks * params.width) { return; }
    let place = i / params.width;
    let begin = place % params.chunks * CHUNK;
    // The row of the chunk's first element: the last that begins at it or before.
    var low = 0u;
    var high = params.rows;
    while (high - low > 1u) {
      let middle = (low + high) / 2u;
      if (offsets[middle] <= begin) { low = middle; } else { high = middle; }
    }
    if (offsets[low + 1u] < begin + CHUNK) { continue; }
    sums[i] = run(begin, begin + CHUNK, place / params.chunks, i % params.width);
  }
}

@compute @workgroup_size(64)
fn combine(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.outer * params.rows * params.width) { return; }
    let at = placeOf(i);
    let begin = offsets[at.row];
    let end = offsets[at.row + 1u];
    // Chunks from `head` to `tail` lie in this row; without any, its elements are summed one by one.
    let head = (begin + CHUNK - 1u) / CHUNK;
    let tail = end / CHUNK;
    var total = run(begin, min(end, head * CHUNK), at.o, at.w);
    for (var chunk = head; chunk < tail; chunk++) { total += sumsIn[(at.o * params.chunks + chunk) * params.width + at.w]; }
    total += run(max(begin, max(head, tail) * CHUNK), end, at.o, at.w);
    y[i] = T(epilogue(total, i));
  }
}

@compute @workgroup_size(64)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.rows * params.width) { return; }
    let at = placeOf(i);
    let end = offsets[at.row + 1u];
    var total = 0f;
    for (var j = offsets[at.row]; j < end; j++) {
      let element = order[j];
      let source = sources[element];
      let inside = source < params.sources;
      total += select(0f, f32(values[element]) * f32(x[select(0u, source, inside) * params.width + at.w]), inside);
    }
    y[i] = T(epilogue(total, i));
  }
}

// The same for CPU adapters, where it is the reads that cost: an invocation takes four outputs of a row, which share those of its elements.
@compute @workgroup_size(64)
fn productOfFour(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let fours = (params.width + 3u) / 4u;
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let four = first + k * 64u;
    if (four >= params.rows * fours) { return; }
    let row = four / fours;
    let w = (four - row * fours) * 4u;
    // Columns behind the last one are the last one.
    let columns = min(vec4u(w, w + 1u, w + 2u, w + 3u), vec4u(params.width - 1u));
    let end = offsets[row + 1u];
    var total = vec4f(0f);
    for (var j = offsets[row]; j < end; j++) {
      let element = order[j];
      let source = sources[element];
      let inside = source < params.sources;
      let at = columns + select(0u, source, inside) * params.width;
      let terms = vec4f(f32(x[at.x]), f32(x[at.y]), f32(x[at.z]), f32(x[at.w]));
      total += select(vec4f(0f), f32(values[element]) * terms, inside);
    }
    let i = row * params.width + w;
    let count = min(params.width - w, 4u);
    y[i] = T(epilogue(total.x, i));
    if (count > 1u) { y[i + 1u] = T(epilogue(total.y, i + 1u)); }
    if (count > 2u) { y[i + 2u] = T(epilogue(total.z, i + 2u)); }
    if (count > 3u) { y[i + 3u] = T(epilogue(total.w, i + 3u)); }
  }
}

@compute @workgroup_size(64)
fn sampled(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.count) { return; }
    let target_row = targets[i];
    let source = sources[i];
    let inside = (target_row < params.rows) & (source < params.sources);
    let left = select(0u, target_row, inside) * params.width;
    let right = select(0u, source, inside) * params.width;
    var total = 0f;
    for (var w = group.z; w < params.width; w++) { total += f32(a[left + w]) * f32(b[right + w]); }
    y[i] = T(epilogue(select(0f, total, inside), i));
  }
}

@compute @workgroup_size(64)
fn extremum(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.rows * params.width) { return; }
    let row = i / params.width;
    let begin = offsets[row];
    let end = offsets[row + 1u];
    var best = 0f;
    for (var j = begin; j < end; j++) {
      let value = f32(x[order[j] * params.width + i % params.width]);
      let isNan = (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
      let wasNan = (bitcast<u32>(best) & 0x7fffffffu) > 0x7f800000u;
      let better = select(best > value, value > best, LARGEST) | isNan;
      best = select(best, value, (better & !wasNan) | (j == begin));
    }
    y[i] = T(epilogue(best, i));
  }
}
