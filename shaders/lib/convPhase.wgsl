// Phases of a convolution's dx: see Params in conv.wgsl. A strided convolution's pixel sees only the taps k with
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
