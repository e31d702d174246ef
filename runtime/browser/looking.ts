// Looks into a model where no run is at work: a stored run's, or the one that a run would begin with.
import { manualSeed } from '../../src/index.ts';
import { resolveOptions } from '../run/options.ts';
import { readConfig } from '../run/stored.ts';
import { storedWeights } from '../run/trained.ts';
import type { Adapters } from './adapter.ts';
import { errorReport } from './error-report.ts';
import { firstSample } from './first-sample.ts';
import { Inside, insideOf } from './inside.ts';
import { loadProject } from './load-project.ts';
import { pagePlatform } from './platform.ts';
import type { Command, ErrorReport, InsideReport } from './protocol.ts';
import { openRun } from './run-files.ts';

export async function look(
  { project: name, preset, options, seed, run }: Extract<Command, { type: 'look' }>,
  adapters: Adapters,
): Promise<InsideReport | ErrorReport> {
  try {
    const files = run === undefined ? undefined : await openRun(run);
    const stored = files && (await readConfig(files, loadProject));
    const project = stored?.project ?? (await loadProject(name));
    const all = stored?.config.options ?? resolveOptions(project.options, project.presets, preset, options);
    manualSeed(stored?.config.seed ?? seed);
    const { model, inputs } = insideOf(project, all);
    if (files) model.loadStateDict(await storedWeights(files));
    // Without a GPU there are the weights.
    const canRun = await adapters.peek().then(
      () => true,
      () => false,
    );
    const sample = canRun ? await firstSample(project, all, inputs, pagePlatform(adapters, { kind: 'kept' }), seed) : undefined;
    return await new Inside(model, inputs, sample).look(!files && !canRun);
  } catch (error) {
    return errorReport(error);
  }
}
