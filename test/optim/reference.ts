// Optimisers in float64, one tensor at a time, as their papers (and torch.optim) write them.
import type { optim } from '../../src/index.ts';

/** What an optimiser keeps of one tensor, by name. */
export type Kept = Record<string, Float64Array>;

/** Moves the tensor `w` of this shape in place; t counts from 1. */
export type Rule = (w: Float64Array, g: Float64Array, lr: number, t: number, kept: Kept, shape: readonly number[]) => void;

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

type Options<G> = Partial<Omit<G, 'lr'>>;

function row(kept: Kept, name: string, length: number, initial = 0): Float64Array {
  kept[name] ??= new Float64Array(length).fill(initial);
  return kept[name];
}

/** A rule for each element: `one(w, g, s)` gets the element's kept values by name, changes them, and returns the new w. */
const elementwise =
  (
    names: readonly string[],
    one: (w: number, g: number, s: Record<string, number>, lr: number, t: number) => number,
    initial: (lr: number) => Record<string, number> = () => ({}),
  ): Rule =>
  (w, g, lr, t, kept) => {
    const begin = initial(lr);
    const rows = names.map((name) => row(kept, name, w.length, begin[name]));
    for (let i = 0; i < w.length; i++) {
      const s = Object.fromEntries(names.map((name, k) => [name, rows[k][i]]));
      w[i] = one(w[i], g[i], s, lr, t);
      for (const [k, name] of names.entries()) rows[k][i] = s[name];
    }
  };

export const sgd = ({ momentum = 0, dampening = 0, weightDecay = 0, nesterov = false }: Options<optim.SgdOptions> = {}): Rule =>
  elementwise(['b'], (w, dw, s, lr, t) => {
    const g = dw + weightDecay * w;
    if (momentum === 0) return w - lr * g;
    s.b = t === 1 ? g : momentum * s.b + (1 - dampening) * g;
    return w - lr * (nesterov ? g + momentum * s.b : s.b);
  });

export const adam = ({
  betas: [b1, b2] = [0.9, 0.999],
  eps = 1e-8,
  weightDecay = 0,
  amsgrad = false,
  decoupled = false,
}: Options<optim.AdamOptions> & { decoupled?: boolean } = {}): Rule =>
  elementwise(['m', 'v', 'largest'], (w, dw, s, lr, t) => {
    const g = dw + (decoupled ? 0 : weightDecay * w);
    s.m = b1 * s.m + (1 - b1) * g;
    s.v = b2 * s.v + (1 - b2) * g * g;
    s.largest = amsgrad ? Math.max(s.largest, s.v) : s.v;
    const shrunk = decoupled ? w * (1 - lr * weightDecay) : w;
    return shrunk - (lr * s.m) / (1 - b1 ** t) / (Math.sqrt(s.largest / (1 - b2 ** t)) + eps);
  });

export const adamax = ({ betas: [b1, b2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: Options<optim.AdamGroup> = {}): Rule =>
  elementwise(['m', 'u'], (w, dw, s, lr, t) => {
    const g = dw + weightDecay * w;
    s.m = b1 * s.m + (1 - b1) * g;
    s.u = Math.max(b2 * s.u, Math.abs(g) + eps);
    return w - (lr / (1 - b1 ** t)) * (s.m / s.u);
  });

export const nadam = ({
  betas: [b1, b2] = [0.9, 0.999],
  eps = 1e-8,
  weightDecay = 0,
  momentumDecay = 4e-3,
  decoupledWeightDecay = false,
}: Options<optim.NAdamGroup> & { decoupledWeightDecay?: boolean } = {}): Rule => {
  const momentum = (t: number) => b1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  return elementwise(['m', 'v'], (w, dw, s, lr, t) => {
    const g = dw + (decoupledWeightDecay ? 0 : weightDecay * w);
    s.m = b1 * s.m + (1 - b1) * g;
    s.v = b2 * s.v + (1 - b2) * g * g;
    const product = Array.from({ length: t }, (_, i) => momentum(i + 1)).reduce((a, b) => a * b);
    const denominator = Math.sqrt(s.v / (1 - b2 ** t)) + eps;
    const shrunk = decoupledWeightDecay ? w * (1 - lr * weightDecay) : w;
    const byGradient = (lr * (1 - momentum(t)) * g) / (1 - product) / denominator;
    return shrunk - byGradient - (lr * momentum(t + 1) * s.m) / (1 - product * momentum(t + 1)) / denominator;
  });
};

export const radam = ({
  betas: [b1, b2] = [0.9, 0.999],
  eps = 1e-8,
  weightDecay = 0,
  decoupledWeightDecay = false,
}: Options<optim.DecoupledOptions> = {}): Rule =>
  elementwise(['m', 'v'], (w, dw, s, lr, t) => {
    const g = dw + (decoupledWeightDecay ? 0 : weightDecay * w);
    s.m = b1 * s.m + (1 - b1) * g;
    s.v = b2 * s.v + (1 - b2) * g * g;
    const shrunk = decoupledWeightDecay ? w * (1 - lr * weightDecay) : w;
    const m = s.m / (1 - b1 ** t);
    const long = 2 / (1 - b2) - 1;
    const now = long - (2 * t * b2 ** t) / (1 - b2 ** t);
    if (now <= 5) return shrunk - lr * m;
    const r = Math.sqrt(((now - 4) * (now - 2) * long) / ((long - 4) * (long - 2) * now));
    return shrunk - lr * m * r * (Math.sqrt(1 - b2 ** t) / (Math.sqrt(s.v) + eps));
  });

export const rmsprop = ({
  alpha = 0.99,
  eps = 1e-8,
  weightDecay = 0,
  momentum = 0,
  centered = false,
}: Options<optim.RmsPropOptions> = {}): Rule =>
  elementwise(['v', 'a', 'b'], (w, dw, s, lr) => {
    const g = dw + weightDecay * w;
    s.v = alpha * s.v + (1 - alpha) * g * g;
    s.a = centered ? alpha * s.a + (1 - alpha) * g : 0;
    s.b = momentum * s.b + g / (Math.sqrt(s.v - s.a * s.a) + eps);
    return w - lr * s.b;
  });

export const adagrad = ({ lrDecay = 0, weightDecay = 0, initialAccumulator = 0, eps = 1e-10 }: Options<optim.AdagradGroup> = {}): Rule =>
  elementwise(
    ['s'],
    (w, dw, s, lr, t) => {
      const g = dw + weightDecay * w;
      s.s += g * g;
      return w - ((lr / (1 + (t - 1) * lrDecay)) * g) / (Math.sqrt(s.s) + eps);
    },
    () => ({ s: initialAccumulator }),
  );

export const adadelta = ({ rho = 0.9, eps = 1e-6, weightDecay = 0 }: Options<optim.AdadeltaGroup> = {}): Rule =>
  elementwise(['v', 'u'], (w, dw, s, lr) => {
    const g = dw + weightDecay * w;
    s.v = rho * s.v + (1 - rho) * g * g;
    const delta = (Math.sqrt(s.u + eps) / Math.sqrt(s.v + eps)) * g;
    s.u = rho * s.u + (1 - rho) * delta * delta;
    return w - lr * delta;
  });

export const rprop = ({ etas = [0.5, 1.2], stepSizes = [1e-6, 50] }: Options<optim.RpropGroup> = {}): Rule =>
  elementwise(
    ['prev', 'size'],
    (w, dw, s) => {
      let g = dw;
      const agreement = Math.sign(g * s.prev);
      if (agreement > 0) s.size = Math.min(s.size * etas[1], stepSizes[1]);
      if (agreement < 0) {
        s.size = Math.max(s.size * etas[0], stepSizes[0]);
        g = 0;
      }
      s.prev = g;
      return w - Math.sign(g) * s.size;
    },
    (lr) => ({ size: lr }),
  );

export const lion = ({ betas: [b1, b2] = [0.9, 0.99], weightDecay = 0 }: Options<optim.LionGroup> = {}): Rule =>
  elementwise(['m'], (w, g, s, lr) => {
    const moved = w - lr * (Math.sign(b1 * s.m + (1 - b1) * g) + weightDecay * w);
    s.m = b2 * s.m + (1 - b2) * g;
    return moved;
  });

export const lars =
  ({ momentum = 0.9, weightDecay = 0, trustCoefficient = 1e-3, eps = 1e-8, adapt = true }: Options<optim.LarsGroup> = {}): Rule =>
  (w, g, lr, _t, kept) => {
    const b = row(kept, 'b', w.length);
    const [ofW, ofG] = [norm(w), norm(g)];
    const trust = adapt && ofW > 0 && ofG > 0 ? (trustCoefficient * ofW) / (ofG + weightDecay * ofW + eps) : 1;
    for (let i = 0; i < w.length; i++) {
      b[i] = momentum * b[i] + lr * trust * (g[i] + weightDecay * w[i]);
      w[i] -= b[i];
    }
  };

export const lamb =
  ({ betas: [b1, b2] = [0.9, 0.999], eps = 1e-6, weightDecay = 0.01, adapt = true }: Options<optim.LambGroup> = {}): Rule =>
  (w, g, lr, t, kept) => {
    const [m, v] = [row(kept, 'm', w.length), row(kept, 'v', w.length)];
    const r = w.map((value, i) => {
      m[i] = b1 * m[i] + (1 - b1) * g[i];
      v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
      return m[i] / (1 - b1 ** t) / (Math.sqrt(v[i] / (1 - b2 ** t)) + eps) + weightDecay * value;
    });
    const [ofW, ofR] = [norm(w), norm(r)];
    const trust = adapt && ofW > 0 && ofR > 0 ? ofW / ofR : 1;
    for (let i = 0; i < w.length; i++) w[i] -= lr * trust * r[i];
  };

const product = (a: Float64Array, b: Float64Array, rows: number, depth: number, columns: number): Float64Array =>
  Float64Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += a[row * depth + k] * b[k * columns + column];
    return sum;
  });

const transposed = (a: Float64Array, rows: number, columns: number): Float64Array =>
  a.map((_, i) => a[(i % rows) * columns + Math.floor(i / rows)]);

/** Every singular value moved towards 1. */
function newtonSchulz(
  given: Float64Array,
  rows: number,
  columns: number,
  eps: number,
  steps: number,
  [a, b, c]: readonly number[],
): Float64Array {
  if (rows > columns)
    return transposed(newtonSchulz(transposed(given, rows, columns), columns, rows, eps, steps, [a, b, c]), columns, rows);
  const size = Math.max(norm(given), eps);
  let x = given.map((value) => value / size);
  for (let step = 0; step < steps; step++) {
    const gram = product(x, transposed(x, rows, columns), rows, columns, rows);
    const squared = product(gram, gram, rows, rows, rows);
    const moved = product(
      gram.map((value, i) => b * value + c * squared[i]),
      x,
      rows,
      rows,
      columns,
    );
    x = x.map((value, i) => a * value + moved[i]);
  }
  return x;
}

/** AdamW for what is no matrix, or all of it with `adamw`. */
export const muon =
  ({
    momentum = 0.95,
    weightDecay = 0.1,
    eps = 1e-7,
    adamw = false,
    betas = [0.9, 0.999],
    nesterov = true,
    nsSteps = 5,
    nsCoefficients = [3.4445, -4.775, 2.0315],
    adjustLr = 'original',
  }: Options<optim.MuonOptions> = {}): Rule =>
  (w, g, lr, t, kept, shape) => {
    if (adamw || shape.length !== 2) return adam({ betas, weightDecay, decoupled: true })(w, g, lr, t, kept, shape);
    const [rows, columns] = shape;
    const b = row(kept, 'b', w.length);
    const ahead = g.map((value, i) => {
      b[i] = momentum * b[i] + (1 - momentum) * value;
      return nesterov ? momentum * b[i] + (1 - momentum) * value : b[i];
    });
    const x = newtonSchulz(ahead, rows, columns, eps, nsSteps, nsCoefficients);
    const adjustment = adjustLr === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));
    for (let i = 0; i < w.length; i++) w[i] = w[i] * (1 - lr * weightDecay) - lr * adjustment * x[i];
  };

export const adafactor =
  ({ beta2Decay = -0.8, eps = [2 ** -23, 1e-3], d = 1, weightDecay = 0 }: Options<optim.AdafactorGroup> = {}): Rule =>
  (w, g, lr, t, kept, shape) => {
    const rms = (values: Float64Array) => norm(values) / Math.sqrt(values.length);
    const gain = t ** beta2Decay;
    const alpha = Math.max(eps[1], rms(w)) * Math.min(lr, 1 / Math.sqrt(t));
    let variance = row(kept, 'variance', w.length);
    if (shape.length < 2) g.forEach((value, i) => (variance[i] += gain * (value * value - variance[i])));
    else {
      const [rows, columns] = shape.slice(-2);
      const squares = g.map((value) => value * value);
      const move = (name: string, length: number, terms: number, at: (factor: number, k: number) => number) => {
        const factors = row(kept, name, length);
        factors.forEach((value, f) => {
          let sum = 0;
          for (let k = 0; k < terms; k++) sum += squares[at(f, k)];
          factors[f] = value + gain * (sum / terms - value);
        });
        return factors;
      };
      const ofRows = move('rows', w.length / columns, columns, (f, k) => f * columns + k);
      const ofColumns = move('columns', w.length / rows, rows, (f, k) => (Math.floor(f / columns) * rows + k) * columns + (f % columns));
      variance = w.map((_, i) => {
        const [r, c] = [Math.floor(i / columns), i % columns];
        const matrix = Math.floor(r / rows);
        const mean = ofRows.slice(matrix * rows, (matrix + 1) * rows).reduce((a, b) => a + b) / rows;
        return (ofRows[r] * ofColumns[matrix * columns + c]) / Math.max(mean, eps[0]);
      });
    }
    const u = g.map((value, i) => value / Math.sqrt(Math.max(variance[i], eps[0] ** 2)));
    const step = alpha / Math.max(1, rms(u) / d);
    for (let i = 0; i < w.length; i++) w[i] = w[i] * (1 - lr * weightDecay) - step * u[i];
  };

/** Clamps each element to ±`limit`. */
export const clippedByValue = (gradients: readonly Float64Array[], limit: number): Float64Array[] =>
  gradients.map((g) => g.map((value) => Math.max(-limit, Math.min(limit, value))));

/** Scales all so that their joint L2 norm is at most `limit`. */
export function clippedByNorm(gradients: readonly Float64Array[], limit: number): Float64Array[] {
  const total = Math.sqrt(gradients.reduce((sum, g) => sum + norm(g) ** 2, 0));
  return gradients.map((g) => g.map((value) => value * Math.min(1, limit / (total + 1e-6))));
}
