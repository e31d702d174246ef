// Lowers a reduction with what is fused into it to launches of shaders/reduce.wgsl.
import reduceShader from '../../../shaders/reduce.wgsl';
import { type Shape, sizeOf } from '../graph/shape.ts';
import type { DeviceTraits, Launch, Scratch } from '../ops/kernel.ts';
import { grid } from '../ops/lower/grid.ts';
import type { NodeOfKind } from '../ops/op.ts';

/** WGSL for the linear place, in the input, of element `r` of output `o`. Neighbouring axes that share a fate count as one. */
export function reducedPlace(shape: Shape, axes: readonly number[]): string {
  const runs: { reduced: boolean; size: number; stride: number }[] = [];
  shape.forEach((dim, axis) => {
    if (dim === 1) return;
    // Without elements nothing is read, but WGSL refuses a division by zero.
    const size = Math.max(1, dim);
    const reduced = axes.includes(axis);
    const last = runs[runs.length - 1];
    if (last?.reduced === reduced) last.size *= size;
    else runs.push({ reduced, size, stride: 0 });
  });
  runs.forEach((run, i) => {
    run.stride = runs.slice(i + 1).reduce((product, { size }) => product * size, 1);
  });
  const term = (name: string, run: (typeof runs)[number]) => {
    const inner = runs.filter(({ reduced }) => reduced === run.reduced);
    const at = inner.indexOf(run);
    const below = inner.slice(at + 1).reduce((product, { size }) => product * size, 1);
    const divided = below === 1 ? name : `(${name} / ${below}u)`;
    const digit = at === 0 ? divided : `(${divided} % ${run.size}u)`;
    return run.stride === 1 ? digit : `${digit} * ${run.stride}u`;
  };
  return runs.map((run) => term(run.reduced ? 'r' : 'o', run)).join(' + ') || '0u';
}

const SERIAL_LENGTH = 64;
const SERIAL_OUTPUTS = 8192;

/** Launches for `node`, whose elements the generated `load` gives. */
export function lowerReduce(node: NodeOfKind<'reduce'>, traits: DeviceTraits): Launch[] {
  const [x] = node.inputs;
  const { axes } = node.attrs;
  const outputs = node.size;
  const length = sizeOf(x.shape.filter((_, axis) => axes.includes(axis)));
  // Neighbours in memory are elements of one output, or the same element of neighbouring outputs.
  const alongRows = axes.includes(x.shape.findLastIndex((dim) => dim > 1));
  const serial = length <= SERIAL_LENGTH || (outputs >= SERIAL_OUTPUTS && length <= 16 * SERIAL_LENGTH);
  const tree = traits.kind === 'gpu' && alongRows;
  const launch = (entry: string, parts: number, invocations: number, bind: Launch['bind'], epilogue: boolean): Launch => ({
    shader: reduceShader,
    entry,
    params: { outputs, length, parts },
    constants: { ALONG_ROWS: alongRows },
    workgroups: grid(Math.ceil(invocations / 64), traits),
    bind,
    epilogue,
    flops: entry === 'partial' || bind.partials === undefined ? x.size : outputs * parts,
  });
  if (serial) return [launch('serial', 1, outputs, { y: 'output' }, true)];
  if (tree && (outputs >= 64 || length <= 65536)) return [launch('tree', 1, outputs * 64, { y: 'output' }, true)];
  const parts = Math.min(length, 2 ** Math.round(Math.log2(Math.sqrt(length))));
  const partials: Scratch = { scratch: 0, bytes: outputs * parts * (node.op.total?.bytes ?? 4) };
  return [
    launch('partial', parts, outputs * parts, { totals: partials }, false),
    launch(tree ? 'finish_tree' : 'finish', parts, tree ? outputs * 64 : outputs, { partials, y: 'output' }, true),
  ];
}
