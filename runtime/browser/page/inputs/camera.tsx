// What the camera sees, until a picture of it is taken.
import { useEffect, useRef, useState } from 'preact/hooks';

export const hasCamera = navigator.mediaDevices?.getUserMedia !== undefined;

export function Camera({
  taken,
  failed,
  close,
}: {
  taken: (picture: Blob | null) => void;
  failed: (problem: string) => void;
  close: () => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let gone = false;
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).then(
      (opened) => {
        stream = opened;
        if (gone) stop();
        else if (video.current) video.current.srcObject = stream;
      },
      (error: DOMException) => gone || failed(reason(error)),
    );
    return () => {
      gone = true;
      stop();
    };
  }, []);
  const take = () => {
    const { videoWidth: width, videoHeight: height } = video.current!;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    canvas.getContext('2d')!.drawImage(video.current!, 0, 0);
    canvas.toBlob(taken);
  };
  return (
    <div class="camera">
      <video ref={video} autoplay muted playsInline aria-label="What the camera sees" onLoadedData={() => setReady(true)} />
      <p class="actions">
        <button type="button" class="small primary" disabled={!ready} onClick={take}>
          Take the picture
        </button>
        <button type="button" class="small" onClick={close}>
          Close
        </button>
      </p>
    </div>
  );
}

function reason({ name, message }: DOMException): string {
  if (name === 'NotAllowedError') return 'The camera was refused: allow it for this page in the browser’s settings, or choose a file.';
  if (name === 'NotFoundError') return 'There is no camera here: choose a file.';
  return `The camera can’t be used (${message || name}): choose a file.`;
}
