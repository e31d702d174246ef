// Counter-based random bits: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//
// bits[4b + j] = word j of Philox(counter = (b, stream, step), key = seed). The key buffer holds seed (2 words) and step (2 words), which
// change per execution; the stream tells draws of one execution apart. So every draw is a pure function of (seed, step, stream, index):
// reproducible, and independent of dispatch order. One invocation makes the four words of one block.

struct Params { count: u32, stream: u32 }

@group(0) @binding(0) var<storage, read> key: array<u32>;
@group(0) @binding(1) var<storage, read_write> bits: array<u32>;

// High 32 bits of a 64-bit product: WGSL has no such instruction.
fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (other >> 16u);
}

// `zero` is something that compilers can't know to be 0: they would unroll the ten rounds.
fn philox(start: vec4u, seed: vec2u, zero: u32) -> vec4u {
  var c = start;
  var k = seed;
  for (var round = zero; round < 10u; round++) {
    let high0 = multiply_high(0xd2511f53u, c.x);
    let high1 = multiply_high(0xcd9e8d57u, c.z);
    c = vec4u(high1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let quad = (group.x + group.y * groups.x) * 64u + local;
  let first = 4u * quad;
  if (first >= params.count) { return; }
  let words = philox(vec4u(quad, params.stream, key[2], key[3]), vec2u(key[0], key[1]), group.z);
  bits[first] = words.x;
  if (first + 1u < params.count) { bits[first + 1u] = words.y; }
  if (first + 2u < params.count) { bits[first + 2u] = words.z; }
  if (first + 3u < params.count) { bits[first + 3u] = words.w; }
}
