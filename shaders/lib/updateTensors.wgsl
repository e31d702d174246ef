// Where all stands for optimisers that sum over each tensor: see tensorSums.wgsl. The file has `Rates`, a row of numbers that are new for every step.

// Elements of one tensor: from first to before end.
struct Segment { first: u32, end: u32, tensor: u32, row: u32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> segments: array<Segment>;
@group(0) @binding(4) var<storage, read_write> arena: array<f32>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec2f>;
@group(0) @binding(6) var<storage, read> sums: array<vec2f>;
