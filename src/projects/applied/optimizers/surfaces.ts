// Functions of two variables that optimisers are shown on. All of them are 0 at their lowest points.
import { figures, split, type Tensor } from '../../../index.ts';

export type Point = readonly [x: number, y: number];

export interface Surface {
  readonly name: string;
  readonly title: string;
  readonly formula: string;
  /** The part of the plane that is shown. */
  readonly grid: figures.Grid;
  readonly start: Point;
  readonly minima: readonly Point[];
  /** Element by element; x and y have one shape. */
  value(x: Tensor, y: Tensor): Tensor;
}

/** Curvatures 1 and 50 along axes turned by 36.87° (cosine 0.8): plain gradient descent diverges with rates above 2 / 50. */
const valley: Surface = {
  ...{ name: 'valley', title: 'Ill-conditioned valley', formula: '½u² + 25v², u = 0.8x + 0.6y − 1.1, v = 0.8y − 0.6x + 0.2' },
  grid: figures.grid([-4.5, 4.5], [-3.2, 3.2]),
  // Not the origin, towards which weight decay pulls, nor where steps of one round size would land exactly.
  start: [-3.03, -1.07],
  minima: [[1, 0.5]],
  value: (x, y) => {
    const along = x.mul(0.8).add(y.mul(0.6)).sub(1.1);
    const across = y.mul(0.8).sub(x.mul(0.6)).add(0.2);
    return along.square().add(across.square().mul(50)).mul(0.5);
  },
};

/** Rosenbrock, 1960: a bent valley whose floor hardly falls. */
const rosenbrock: Surface = {
  ...{ name: 'rosenbrock', title: "Rosenbrock's function", formula: '(1 − x)² + 100(y − x²)²' },
  grid: figures.grid([-2, 2], [-0.8, 2.4]),
  start: [-1.23, 1.04],
  minima: [[1, 1]],
  value: (x, y) => x.sub(1).square().add(y.sub(x.square()).square().mul(100)),
};

/** Beale, 1958: plains, and walls where both variables are large. */
const beale: Surface = {
  ...{ name: 'beale', title: "Beale's function", formula: '(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²' },
  grid: figures.grid([-0.5, 4.5], [-1.5, 2]),
  start: [1.03, 1.46],
  minima: [[3, 0.5]],
  value: (x, y) => {
    const term = (constant: number, power: Tensor) => x.mul(power).sub(x).add(constant).square();
    const squared = y.square();
    const flat = term(1.5, y).add(term(2.25, squared));
    return flat.add(term(2.625, squared.mul(y)));
  },
};

/** Himmelblau, 1972: four minima around a hill. */
export const himmelblau: Surface = {
  ...{ name: 'himmelblau', title: "Himmelblau's function", formula: '(x² + y − 11)² + (x + y² − 7)²' },
  grid: figures.grid([-5.5, 5.5], [-4.5, 4.5]),
  start: [-0.5, -1],
  minima: [
    [3, 2],
    [-2.805118, 3.131313],
    [-3.77931, -3.283186],
    [3.584428, -1.848127],
  ],
  value: (x, y) => x.square().add(y).sub(11).square().add(x.add(y.square()).sub(7).square()),
};

/** Two wells with a saddle at the origin; the start is a thousandth beside the ridge that leads straight to the saddle. */
const saddle: Surface = {
  ...{ name: 'saddle', title: 'Saddle between two wells', formula: '2x² + ⅛(y² − 1)²' },
  grid: figures.grid([-2, 2], [-1.6, 1.6]),
  start: [-1.53, 0.001],
  minima: [1, -1].map((y) => [0, y] as const),
  value: (x, y) => x.square().mul(2).add(y.square().sub(1).square().mul(0.125)),
};

export const surfaces: readonly Surface[] = [valley, rosenbrock, beale, himmelblau, saddle];

/** Heights of points [.., 2]. */
export const heightsOf = ({ value }: Surface, points: Tensor) => value(...(split(points, 1, -1) as [x: Tensor, y: Tensor]));

export const heightsOn = (surface: Surface) => figures.valuesOn(surface.grid, (points) => heightsOf(surface, points));
