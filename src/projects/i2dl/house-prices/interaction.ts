// A house to move through the plane of living area and quality.
import {
  type Checkpoint,
  compile,
  type Figure,
  type Interaction,
  restoreModel,
  type Tensor,
  TilegradError,
  tensor,
} from '../../../index.ts';
import { featureNames, labelOf, type Split } from './houses.ts';
import { LogisticRegression } from './model.ts';
import { gridOf, housesAt, type PlaneAxes, type PlaneHouse, planeFigure } from './plane.ts';
import { sigmoid } from './reference.ts';

const AREA = 'GrLivArea';
const QUALITY = 'OverallQual';

const plane: PlaneAxes = {
  x: { label: labelOf(AREA), min: 500, max: 3500 },
  y: { label: labelOf(QUALITY), min: 1, max: 10 },
};

export const yourHouse: Interaction = {
  title: 'Your house',
  help: 'Move a house through living area and quality: how likely is it to be expensive, and where does a little decide?',
  input: { kind: 'plane', ...plane },
  open: (checkpoint, { features }) => openPlane(checkpoint, featureNames(String(features))),
};

/** The test houses in the plane, for a checkpoint: whoever opens it has no table at hand. None where the model doesn't go by both axes. */
export function housesInPlane(features: readonly string[], { test }: Split): PlaneHouse[] {
  return features.includes(AREA) && features.includes(QUALITY) ? housesAt(test, features, [AREA, QUALITY]) : [];
}

async function openPlane({ tensors, state }: Checkpoint, features: readonly string[]): Promise<(input: Float32Array) => Promise<Figure>> {
  const axes = [features.indexOf(AREA), features.indexOf(QUALITY)];
  if (axes.every((axis) => axis < 0)) {
    throw new TilegradError(`features: expected ${AREA} or ${QUALITY} among them, for a house to move through, got ${features.join(', ')}`);
  }
  const none = new Float64Array(features.length);
  const model = new LogisticRegression({ mean: none, deviation: none });
  restoreModel(model, { tensors });
  const mean = (await model.mean.data()) as Float32Array;
  const forward = compile((x: Tensor) => model.forward(x));
  const scoresAt = (points: readonly (readonly [number, number])[]) => {
    const x = new Float32Array(points.length * features.length);
    points.forEach((point, row) => {
      x.set(mean, row * features.length);
      axes.forEach((axis, i) => {
        if (axis >= 0) x[row * features.length + axis] = point[i];
      });
    });
    return forward(tensor(x, [points.length, features.length])).data();
  };
  const scores = await scoresAt(gridOf(plane));
  const note = features.some((_, f) => !axes.includes(f)) ? ' All else is as in the mean house.' : '';
  return async ([x, y]) => {
    const [score] = await scoresAt([[x, y]]);
    return planeFigure({
      title: `Expensive with a probability ${shownShare(sigmoid(score))}`,
      axes: plane,
      scores,
      houses: state.houses as PlaneHouse[],
      marked: { name: 'your house', x, y },
      note,
    });
  };
}

function shownShare(probability: number): string {
  if (probability > 0.999) return 'above 99.9 %';
  if (probability < 0.001) return 'below 0.1 %';
  return `of ${(100 * probability).toFixed(probability > 0.01 && probability < 0.99 ? 0 : 1)} %`;
}
