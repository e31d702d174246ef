import type { Project } from './project.ts';

/** Every project of the collection, in the order of `tilegrad list`. */
export const projects: readonly Project[] = [];
