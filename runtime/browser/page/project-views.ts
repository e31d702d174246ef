// What is loaded when a project is opened: its page, and the comparison of its runs, which has most parts in common with it.
export { CompareView } from './compare.tsx';
export { ProjectPage } from './project-page.tsx';
