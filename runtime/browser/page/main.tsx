// The page: gallery, project, comparison and playground, chosen by the address behind the #.
import './locale.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import { activeSessions, loadCatalogue } from './projects.ts';
import { listenToAddress } from './router.ts';
import { refreshStoredRuns } from './stored-runs.ts';
import 'uplot/dist/uPlot.min.css';
import './styles/base.css';
import './styles/code.css';
import './styles/gallery.css';
import './styles/inputs.css';
import './styles/project.css';
import './styles/results.css';

listenToAddress();
void loadCatalogue();
void refreshStoredRuns();
document.addEventListener('visibilitychange', () => {
  if (document.hidden) for (const session of activeSessions()) session.save();
  else void refreshStoredRuns();
});
render(<App />, document.getElementById('app')!);
