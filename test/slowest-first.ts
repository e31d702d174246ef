// The order of the test files. vitest begins with the largest; some are small and take the longest, and at the end would keep one worker busy while the
// other has nothing left to do.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const slowest = [
  /engine\/variants\.test/,
  /projects\/durable\//,
  /\/projects\//,
  /engine\/(attention|kernels|recurrent)\.test/,
  /browser\/(projects|worker|inputs)\.test/,
];

const rank = ({ moduleId }: TestSpecification) => {
  const found = slowest.findIndex((pattern) => pattern.test(moduleId));
  return found < 0 ? slowest.length : found;
};

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
