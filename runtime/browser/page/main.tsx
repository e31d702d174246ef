// The page: gallery, project and playground, chosen by the address's hash.
import { render } from 'preact';
import './styles.css';

render(<main>tilegrad</main>, document.getElementById('app')!);
