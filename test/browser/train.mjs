// A short training of mc-dropout on synthetic digits, the same for Node (as a program, which prints the result) and for a page.

/**
 * @param library dist/tilegrad.js, with a platform set that has no data
 * @param projects those of dist/projects/index.js
 */
export async function train({ runProject }, projects, platform) {
  const project = await projects.find(({ name }) => name === 'mc-dropout').load();
  const losses = [];
  const results = {};
  let data;
  const nothing = async () => {};
  const host = {
    ...{ platform, seed: 7, stopping: false, position: undefined, only: undefined, ready: nothing, due: () => false },
    ...{
      writeRecord: nothing,
      found: () => undefined,
      doneElsewhere: async () => undefined,
      save: nothing,
      saveModel: nothing,
      file: nothing,
      figure: nothing,
    },
    ...{ log() {}, reading() {}, progress() {}, table() {} },
    data: ({ files, ...record }) => {
      data = record;
    },
    row: (step, values) => losses.push([step, values]),
    summary: (values) => Object.assign(results, values),
  };
  const options = Object.fromEntries(Object.entries(project.options).map(([name, option]) => [name, option.default]));
  const short = { runs: 1, epochs: 2, passes: 2, width: 1, batchSize: 16, trainImages: 160, testImages: 50 };
  await runProject(project, { ...options, ...short }, host);
  return { data, losses, results };
}

/** A platform with neither a data folder nor a network. */
export const withoutData = (requestAdapter) => {
  const nothing = async () => undefined;
  return { name: 'test', requestAdapter, readData: nothing, listData: nothing, fetchCached: nothing };
};

if (typeof process !== 'undefined') {
  const library = await import('../../dist/node.js');
  const { projects } = await import('../../dist/projects/index.js');
  const { requestAdapter } = library.nodePlatform({ adapter: 'swiftshader' });
  const platform = withoutData(requestAdapter);
  library.setPlatform(platform);
  console.log(JSON.stringify(await train(library, projects, platform)));
  process.exit(0);
}
