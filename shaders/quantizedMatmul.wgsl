// Products of rows with weights of few bits, for inference:
//   scaled:  y[r, c] = epilogue(Σ_k x[r, k] · (weight[c, k] − zero[c, k / group]) · scale[c, k / group])
//   binary:  y[r, c] = epilogue(depth − 2 · popcount(x[r] xor weight[c])): a product of signs, 32 in a word (Rastegari et al., arXiv 1603.05279)
//
// Weights are rows of u32 words, the first of each word in its lowest bits: 4 signed bytes (BITS 8; one group a row, no zeros), 8 unsigned halves
// of bytes (BITS 4), or 32 signs (BITS 1). Unused bits at the end of a row are 0. Fused: the epilogue.
//
// Tiling: four rows a thread use each word of the weights. SPLIT neighbouring threads share a column, so that they read neighbouring words, and
// add up in workgroup memory; on CPU adapters each has a column of its own.

struct Params {
  rows: u32,
  columns: u32,
  depth: u32,
  // u32 words in a row of weights, and in a group; groups in a row.
  words: u32,
  groupWords: u32,
  groups: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> bits: array<u32>;
@group(0) @binding(2) var<storage, read> weight: array<u32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> zero: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const COLUMNS = GROUP / SPLIT;
const COLUMN_TILES = (params.columns + COLUMNS - 1u) / COLUMNS;
const PER_WORD = 32u / BITS;

var<workgroup> staged: array<vec4f, GROUP>;

struct Place {
  rows: vec4u,
  column: u32,
}

fn place(group: vec3u, thread: u32) -> Place {
  let id = group.x + group.y * params.gridX;
  let row = id / COLUMN_TILES * 4u;
  return Place(row + vec4u(0, 1, 2, 3), id % COLUMN_TILES * COLUMNS + thread / SPLIT);
}

// Adds up what the threads of a column found; the first of them stores it.
fn finish(at: Place, part: vec4f, thread: u32, first: u32) {
  var sum = part;
  if (SPLIT > 1u) {
    staged[thread] = sum;
    workgroupBarrier();
    for (var half = SPLIT / 2u; half > 0u; half /= 2u) {
      if (thread % SPLIT < half) { staged[thread] += staged[thread + half]; }
      workgroupBarrier();
    }
    sum = staged[thread];
  }
  if (thread % SPLIT > 0u || at.column >= params.columns) { return; }
  for (var j = first; j < 4u; j++) {
    if (at.rows[j] >= params.rows) { return; }
    let i = at.rows[j] * params.columns + at.column;
    y[i] = epilogue(sum[j], i);
  }
}

@compute @workgroup_size(GROUP)
fn scaled(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let column = min(at.column, params.columns - 1u);
  let base = min(at.rows, vec4u(params.rows - 1u)) * params.depth;
  var sum = vec4f();
  for (var w = thread % SPLIT + group.z; w < params.words; w += SPLIT) {
    let word = weight[column * params.words + w];
    let g = column * params.groups + w / params.groupWords;
    let factor = scale[g];
    let shift = select(0f, zero[g], BITS == 4u);
    var part = vec4f();
    for (var j = 0u; j < PER_WORD; j++) {
      let k = w * PER_WORD + j;
      let value = select(f32(extractBits(bitcast<i32>(word), j * BITS, BITS)), f32(extractBits(word, j * BITS, BITS)), BITS == 4u);
      // Weights past the end are 0, but what x holds there belongs to another row.
      let i = base + min(k, params.depth - 1u);
      let inside = select(0f, value - shift, k < params.depth);
      part = fma(vec4f(inside), vec4f(x[i.x], x[i.y], x[i.z], x[i.w]), part);
    }
    sum = fma(vec4f(factor), part, sum);
  }
  finish(at, sum, thread, group.z);
}

@compute @workgroup_size(GROUP)
fn binary(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let column = min(at.column, params.columns - 1u);
  let base = min(at.rows, vec4u(params.rows - 1u)) * params.words;
  var count = vec4u();
  for (var w = thread % SPLIT + group.z; w < params.words; w += SPLIT) {
    let word = weight[column * params.words + w];
    let i = base + w;
    count += countOneBits(vec4u(bits[i.x], bits[i.y], bits[i.z], bits[i.w]) ^ vec4u(word));
  }
  // Once a column. Whole numbers up to 2^24 are exact.
  let depth = select(0f, f32(params.depth), thread % SPLIT == 0u);
  finish(at, vec4f(depth) - 2f * vec4f(count), thread, group.z);
}
