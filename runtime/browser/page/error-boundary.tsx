// Keeps a fault of one view from blanking the page.
import { Component, type ComponentChildren } from 'preact';

export class ErrorBoundary extends Component<{ children: ComponentChildren }, { error?: Error }> {
  override componentDidCatch(error: Error): void {
    console.error(error);
    this.setState({ error });
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div class="notice bad" role="alert">
        <h2>This view has failed</h2>
        <p>
          It is a fault of the page, not of yours: <code>{error.message}</code>
        </p>
        <p class="actions">
          <button type="button" onClick={() => this.setState({ error: undefined })}>
            Show it again
          </button>
          <a href="#/">Go to the gallery</a>
        </p>
      </div>
    );
  }
}
