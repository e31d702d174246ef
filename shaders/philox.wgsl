// Counter-based random bits (lib/philox.wgsl): bits[4b + j] = word j of Philox(counter = (b, stream, step), key = seed).
//
// The key buffer holds seed (2 words) and step (2 words), which change per execution; the stream tells draws of one execution apart. So every draw
// is a pure function of (seed, step, stream, index): reproducible, and independent of dispatch order. One invocation makes the four words of one
// block.
// with lib/philox.wgsl

struct Params { count: u32, stream: u32 }

@group(0) @binding(0) var<storage, read> key: array<u32>;
@group(0) @binding(1) var<storage, read_write> bits: array<u32>;

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
