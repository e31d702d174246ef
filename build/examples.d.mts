import type { Example } from '../runtime/browser/playground/programs.ts';

export declare function readExamples(folder?: string): Promise<readonly Example[]>;
