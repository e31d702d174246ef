// projects.json: what the page knows about the projects without loading the library. Written by build/gallery.mjs.
import type { Interaction, OptionSpecs, ProjectCard } from '../../src/train/project.ts';

export interface CatalogueEntry extends ProjectCard {
  readonly options: OptionSpecs;
  readonly presets: Readonly<Record<'quick' | 'full', Readonly<Record<string, number | string | boolean>>>>;
  readonly interaction?: Pick<Interaction, 'title' | 'help' | 'input'>;
  /** Its README as HTML, relative to the page. */
  readonly readme: string;
  /** The README's first figure, relative to the page. */
  readonly picture?: string;
}

export interface Catalogue {
  readonly version: string;
  readonly projects: readonly CatalogueEntry[];
}
