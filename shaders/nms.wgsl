// Non-maximum suppression: of boxes [count, 4] (x1, y1, x2, y2), the best goes first and strikes out those of its class that overlap it by
// more than THRESHOLD (intersection over union), then the best of the rest, and so on.
//   rank:    order[r] = the box with r better ones; of equal scores, and of NaNs, which come last, the earlier is the better
//   compare: hits[r, word] = a bit for each worse box (by rank) of the class that box r overlaps
//   choose:  kept = [how many, boxes by rank that nobody struck out, 0xffffffff …]
//
// Every box is compared with every worse one at once; only `choose` goes one by one, in one workgroup of WIDTH threads (one on CPU adapters,
// which pay for barriers) that holds a bit for each box struck out.

struct Params {
  count: u32,
  // 32 boxes a word.
  words: u32,
  threshold: f32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> boxes: array<f32>;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> classes: array<u32>;
@group(0) @binding(3) var<storage, read_write> order: array<u32>;
@group(0) @binding(4) var<storage, read> ranked: array<u32>;
@group(0) @binding(5) var<storage, read_write> hits: array<u32>;
@group(0) @binding(6) var<storage, read> overlaps: array<u32>;
@group(0) @binding(7) var<storage, read_write> kept: array<u32>;

// Whole numbers in the order of the scores, NaN below all.
fn key(i: u32) -> u32 {
  let bits = bitcast<u32>(scores[i]);
  // −0 equals 0.
  let plain = select(bits, 0u, bits == 0x80000000u);
  let isNaN = (bits & 0x7fffffffu) > 0x7f800000u;
  return select(select(plain | 0x80000000u, ~plain, plain >> 31u == 1u), 0u, isNaN);
}

@compute @workgroup_size(64)
fn rank(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.count) { return; }
  let own = key(i);
  var better = 0u;
  // From group.z, which is 0: a known start would have short loops unrolled at length.
  for (var j = group.z; j < params.count; j++) {
    let other = key(j);
    better += select(0u, 1u, (other > own) | ((other == own) & (j < i)));
  }
  order[better] = i;
}

fn boxAt(i: u32) -> vec4f {
  return vec4f(boxes[i * 4u], boxes[i * 4u + 1u], boxes[i * 4u + 2u], boxes[i * 4u + 3u]);
}

fn area(box: vec4f) -> f32 {
  return (box.z - box.x) * (box.w - box.y);
}

@compute @workgroup_size(64)
fn compare(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.count * params.words) { return; }
  let r = i / params.words;
  let first = i % params.words * 32u;
  let own = ranked[r];
  let box = boxAt(own);
  var bits = 0u;
  for (var k = max(first, r + 1u); k < min(first + 32u, params.count); k++) {
    let other = ranked[k];
    let rival = boxAt(other);
    let sides = max(min(box.zw, rival.zw) - max(box.xy, rival.xy), vec2f(0));
    let intersection = sides.x * sides.y;
    let together = area(box) + area(rival) - intersection;
    let overlap = (intersection > params.threshold * together) & (classes[own] == classes[other]);
    bits |= select(0u, 1u << (k - first), overlap);
  }
  hits[i] = bits;
}

var<workgroup> struck: array<u32, WORDS>;

@compute @workgroup_size(WIDTH)
fn choose(@builtin(local_invocation_index) thread: u32) {
  for (var word = thread; word < params.words; word += WIDTH) { struck[word] = 0u; }
  var length = 0u;
  for (var word = 0u; word < params.words; word++) {
    // Waits for all threads. What boxes of this word strike out within it, each thread follows by itself.
    var current = workgroupUniformLoad(&struck[word]);
    for (var r = word * 32u; r < min(word * 32u + 32u, params.count); r++) {
      if (((current >> (r % 32u)) & 1u) == 1u) { continue; }
      if (thread == 0u) { kept[1u + length] = ranked[r]; }
      length += 1u;
      current |= overlaps[r * params.words + word];
      for (var later = word + 1u + thread; later < params.words; later += WIDTH) { struck[later] |= overlaps[r * params.words + later]; }
    }
  }
  if (thread == 0u) { kept[0] = length; }
  for (var i = length + thread; i < params.count; i += WIDTH) { kept[1u + i] = 0xffffffffu; }
}
