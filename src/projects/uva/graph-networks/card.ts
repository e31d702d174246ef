import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'graph-networks',
  title: 'Graph networks',
  summary: 'Tells what papers are about from their words and from what they quote: GCN, GraphSAGE and GAT on Cora and CiteSeer.',
  document: 'uva',
  tags: ['classification', 'representation', 'graphs', 'graph network', 'attention'],
  headline: { metric: 'accuracy', better: 'higher' },
  charts: 4,
};
