import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'deep-prompts',
  title: 'Tokens between the blocks',
  summary: 'A frozen CLIP learns new pictures by a few tokens that are put before one of its blocks.',
  document: 'uva',
  tags: ['classification', 'robustness', 'photographs', 'attention', 'prompting', 'pretraining'],
  headline: { metric: 'bestAccuracy', better: 'higher' },
  charts: 4,
};
