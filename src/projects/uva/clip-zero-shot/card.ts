import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'clip-zero-shot',
  title: 'Named without examples',
  summary:
    'A small CLIP learns which captions are true of which pictures, and then names pictures of a set that it has not seen, from words alone.',
  document: 'uva',
  tags: ['classification', 'representation', 'photographs', 'text', 'attention', 'pretraining', 'prompting'],
  headline: { metric: 'accuracy', better: 'higher' },
  charts: 4,
};
