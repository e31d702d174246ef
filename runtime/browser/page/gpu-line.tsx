// Which GPU was found, or what to do about there being none.
import { gpu } from './gpu.ts';

export function GpuLine() {
  const { value } = gpu;
  if (!value) return <p class="gpu soft">Looking for a GPU …</p>;
  if (value.found) {
    return (
      <p class="gpu">
        <span class="dot" aria-hidden="true" /> {value.name}{' '}
        {value.kind === 'cpu' && <span class="soft">– a software adapter: it works, slowly. Quick presets are made for it.</span>}
      </p>
    );
  }
  const { advice, message } = value;
  return (
    <div class="notice bad no-gpu" role="alert">
      <h2>No GPU to train on</h2>
      <p>
        {advice.title} {message && <span class="soft">({message})</span>}
      </p>
      <ul>
        {advice.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
      <p class="soft">Descriptions and stored results can be read without one.</p>
    </div>
  );
}
