// What a project's model is made of, from its graph alone: no GPU, and nothing of a run that is at work.
import { nn, randomState, setRandomState } from '../../src/index.ts';
import { resolveOptions } from '../run/options.ts';
import { errorReport } from './error-report.ts';
import { insideOf } from './inside.ts';
import { loadProject } from './load-project.ts';
import type { Command, ErrorReport, ModelReport } from './protocol.ts';

export async function describeModel({
  project: name,
  preset,
  options,
}: Extract<Command, { type: 'model' }>): Promise<ModelReport | ErrorReport> {
  try {
    const project = await loadProject(name);
    const all = resolveOptions(project.options, project.presets, preset, options);
    // Starting values take random keys, which a run must find as if nobody had asked.
    const random = randomState();
    try {
      const { model, inputs } = insideOf(project, all);
      const { layers, parameters, multiplyAdds } = nn.summary(model, ...inputs);
      const rows = layers.map(({ name, type, depth, outputShape, parameters, multiplyAdds }) => ({
        ...{ name, type, depth, parameters, multiplyAdds },
        outputShape: [...outputShape],
      }));
      return { layers: rows, parameters, multiplyAdds };
    } finally {
      setRandomState(random);
    }
  } catch (error) {
    return errorReport(error);
  }
}
