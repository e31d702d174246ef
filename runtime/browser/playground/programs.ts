// The programs a person can choose from, and what they made of them.

/** One of examples/, as build/examples.mjs reads it. */
export interface Example {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly code: string;
}

export const ownProgram: Example = {
  name: 'own',
  title: 'Your own',
  summary: 'An empty page. What you write is kept in this browser.',
  code: `import { tensor } from 'tilegrad';

const x = tensor([[1, 2], [3, 4]]);
console.log(x.matmul(x));
`,
};

export const loadExamples = async (): Promise<readonly Example[]> => {
  const response = await fetch('examples.json');
  if (!response.ok) throw new Error(`the examples could not be loaded (${response.status} ${response.statusText}); reload the page`);
  return response.json();
};

const ofProject = 'project-';

/** A project as one program: `project-vae`. Undefined when there is none of this name. */
export async function loadProject(name: string): Promise<Example | undefined> {
  const project = name.startsWith(ofProject) ? name.slice(ofProject.length) : '';
  if (!/^[a-z0-9-]+$/.test(project)) return undefined;
  const response = await fetch(`projects/${project}.program.mjs`);
  if (!response.ok) return undefined;
  return { name, title: project, summary: 'A project, whole', code: await response.text() };
}

const key = (name: string) => `tilegrad-playground-${name}`;

/** What was made of a program last time, or the program itself. Browsers may refuse storage; then nothing is kept. */
export function restore({ name, code }: Example): string {
  try {
    return localStorage.getItem(key(name)) ?? code;
  } catch {
    return code;
  }
}

export function store({ name, code }: Example, changed: string): void {
  try {
    if (changed === code) localStorage.removeItem(key(name));
    else localStorage.setItem(key(name), changed);
  } catch {
    // Storage is full or switched off: the link that carries the program still works.
  }
}
