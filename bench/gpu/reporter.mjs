// A vitest reporter that writes each finished test as a JSON line at once: what ran is known even if the run is cut off.
import { appendFileSync } from 'node:fs';

export default class LineReporter {
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    const line = { file: test.module.relativeModuleId, name: test.fullName, state, ms: test.diagnostic()?.duration };
    if (errors?.length) line.errors = errors.map(({ message }) => message.slice(0, 2000));
    appendFileSync(process.env.TEST_LINES, `${JSON.stringify(line)}\n`);
  }

  onTestModuleEnd(module) {
    for (const { message } of module.errors()) {
      appendFileSync(
        process.env.TEST_LINES,
        `${JSON.stringify({ file: module.relativeModuleId, name: '(the file itself)', state: 'failed', errors: [message] })}\n`,
      );
    }
  }
}
