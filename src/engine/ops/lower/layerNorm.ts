import layerNorm from '../../../../shaders/layerNorm.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { rowsLaunch } from './rows.ts';

/** x [n, channels, space], normalised in groups of channels. */
export interface GroupNormSpec {
  readonly n: number;
  readonly channels: number;
  readonly space: number;
  readonly groups: number;
  readonly eps: number;
  /** Whether the mean is taken off. */
  readonly centred: boolean;
}

/** Input numbers of weight and bias, where there are any. */
export interface AffineInputs {
  readonly weight?: number | undefined;
  readonly bias?: number | undefined;
}

/** Input 0 is x; the output is y. */
export function lowerGroupNorm(spec: GroupNormSpec, affine: AffineInputs, traits: DeviceTraits): Launch[] {
  return launch('forward', spec, affine, { x: { input: 0 }, ...bindings(affine), y: 'output' }, traits);
}

/** x → [3, n × groups]: an element, the mean of the differences from it, variance. */
export function lowerGroupStatistics(spec: GroupNormSpec, traits: DeviceTraits): Launch[] {
  return launch('statistics', spec, {}, { x: { input: 0 }, found: 'output' }, traits);
}

/** Input 0 is x, 1 its statistics, 2 dy; the output is dx. */
export function lowerGroupNormBackward(spec: GroupNormSpec, affine: AffineInputs, traits: DeviceTraits): Launch[] {
  const { weight } = bindings(affine);
  return launch('backward', spec, affine, { x: { input: 0 }, given: { input: 1 }, dy: { input: 2 }, weight, dx: 'output' }, traits);
}

/** What isn't there is bound to x, and not read. */
export const bindings = ({ weight = 0, bias = 0 }: AffineInputs) => ({ weight: { input: weight }, bias: { input: bias } });

function launch(
  entry: string,
  { n, channels, space, groups, eps, centred }: GroupNormSpec,
  { weight, bias }: AffineInputs,
  bind: Readonly<Record<string, Operand>>,
  traits: DeviceTraits,
): Launch[] {
  const own = channels / groups;
  const across = space === 1;
  // Weights are read as whole Vs too.
  const fits = across || (space % 4 === 0 && ((weight ?? bias) === undefined || channels % 4 === 0));
  return rowsLaunch(layerNorm, entry, { rows: n * groups, columns: own * space, inner: 1 }, bind, traits, {
    narrow: !fits,
    params: (width) => ({ channels: own, space: across ? 1 : space / width, groups, eps }),
    constants: { ACROSS: across, CENTRED: centred, WEIGHTED: weight !== undefined, BIASED: bias !== undefined },
  });
}
