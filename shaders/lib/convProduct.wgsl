// What the two variants of convolution have in common: the matrix product that each pass is.
//
// One description for the three passes (see src/engine/ops/lower/conv.ts): rows r, columns c = (c0, cz, cy, cx), depth k = (k0, kz, ky, kx).
//            rows            columns          depth            left    right
//   forward  outChannel      n, oz, oy, ox    ic, kz, ky, kx   w       x
//   dx       inChannel       n, iz, iy, ix    oc, kz, ky, kx   w       dy
//   dw       outChannel      ic, kz, ky, kx   n, oz, oy, ox    dy      x
// left lies at leftBase + r·leftRow + k0·leftK0 + kz·leftZ + ky·leftY + kx·leftX; right at c0·rightC0 + k0·rightK0 in its plane's pixel
// origin + c·columnStep + k·depthStep, which is 0 where that is outside. dx goes through the taps from the last to the first.
// A strided convolution's dx has phases, see below.
struct Params {
  groups: u32,
  rows: u32,
  columns0: u32,
  columnsZ: u32,
  columnsY: u32,
  columnsX: u32,
  depth0: u32,
  depthZ: u32,
  depthY: u32,
  depthX: u32,
  sizeZ: u32,
  sizeY: u32,
  sizeX: u32,
  columnStepZ: i32,
  columnStepY: i32,
  columnStepX: i32,
  depthStepZ: i32,
  depthStepY: i32,
  depthStepX: i32,
  originZ: i32,
  originY: i32,
  originX: i32,
  leftZ: i32,
  leftY: i32,
  leftX: i32,
  leftBase: i32,
  leftGroup: u32,
  leftRow: u32,
  leftK0: u32,
  rightGroup: u32,
  rightC0: u32,
  rightK0: u32,
  // The output's planes, and where its groups, rows and outermost columns begin.
  yZ: u32,
  yY: u32,
  yX: u32,
  yGroup: u32,
  yRow: u32,
  yC0: u32,
  // 1 unless this is the dx of a strided convolution; what follows is used only then.
  phasesZ: u32,
  phasesY: u32,
  phasesX: u32,
  tapStepZ: i32,
  tapStepY: i32,
  tapStepX: i32,
  kernelZ: i32,
  kernelY: i32,
  kernelX: i32,
  dilationZ: i32,
  dilationY: i32,
  dilationX: i32,
  paddingZ: i32,
  paddingY: i32,
  paddingX: i32,
  // Elements of the output, for the slices of a split sum.
  length: u32,
  // Triples (k0, kz, ky) in one slice.
  slice: u32,
  slices: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> left: array<T>;
@group(0) @binding(1) var<storage, read> right: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

const OUTSIDE = 0xffffffffu;

// A strided convolution's pixel sees only the taps k with
// (pixel + padding − k·dilation) divisible by the stride. Pixels that leave the same rest are a phase; they see every tapStep-th tap.
const PHASES = params.phasesZ * params.phasesY * params.phasesX;

// What the pixels of one phase have in common.
struct Phase {
  // The first of them, and the taps they see.
  first: vec3u,
  taps: vec3u,
  origin: vec3i,
  left: u32,
}

fn phaseOf(id: u32) -> Phase {
  var phase = Phase(
    vec3u(),
    vec3u(params.depthZ, params.depthY, params.depthX),
    vec3i(params.originZ, params.originY, params.originX),
    u32(params.leftBase),
  );
  if (PHASES > 1u) {
    let stride = vec3i(vec3u(params.phasesZ, params.phasesY, params.phasesX));
    let kernel = vec3i(params.kernelZ, params.kernelY, params.kernelX);
    let dilation = vec3i(params.dilationZ, params.dilationY, params.dilationX);
    let tapStep = vec3i(params.tapStepZ, params.tapStepY, params.tapStepX);
    phase.first = vec3u(id / (params.phasesY * params.phasesX), id / params.phasesX % params.phasesY, id % params.phasesX);
    let at = vec3i(phase.first) + vec3i(params.paddingZ, params.paddingY, params.paddingX);
    // The last tap that fits; −1 if none does.
    var last = vec3i(-1);
    for (var k = 0; k < max(kernel.x, max(kernel.y, kernel.z)); k++) {
      last = select(last, vec3i(k), (vec3i(k) < kernel) & ((at - k * dilation) % stride == vec3i()));
    }
    phase.taps = vec3u((last + tapStep) / tapStep);
    phase.origin = (at - last * dilation) / stride;
    let left = last * vec3i(params.leftZ, params.leftY, params.leftX) / tapStep;
    phase.left = u32(-left.x - left.y - left.z);
  }
  return phase;
}
