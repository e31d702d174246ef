// The mark: nine tiles along a gradient.
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      {Array.from({ length: 9 }, (_, i) => (
        <rect
          key={i}
          x={7 * (i % 3)}
          y={7 * Math.floor(i / 3)}
          width="6"
          height="6"
          rx="1.2"
          opacity={1 - 0.2 * ((i % 3) + 2 - Math.floor(i / 3))}
        />
      ))}
    </svg>
  );
}
