// A project's own file, fetched when a run or a question needs it.
import { TilegradError } from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';
import type { Project } from '../../src/train/project.ts';

/** @throws TilegradError when this version of the page has no such project, and when its file can't be had */
export async function loadProject(name: string): Promise<Project> {
  const listed = projects.find((project) => project.name === name);
  if (!listed) throw new TilegradError(`there is no project ${name} in this version of the page.`);
  return listed.load().catch((cause) => {
    throw new TilegradError(
      `the page could not load the project ${name}: ${cause.message}. Reload the page; its host may have a newer one.`,
      {
        cause,
      },
    );
  });
}
