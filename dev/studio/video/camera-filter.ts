import type { Size } from '../drawing/size';
import { movements, speeds, type Movement, type Speed } from '../writing/camera-movement';

export interface CameraMotion {
  movement: Movement;
  speed: Speed;
}

/** Reads the prompt's line `Camera: <movement>[, <speed>]`; without one the camera does not move. */
export function cameraIn(prompt: string): CameraMotion {
  const line = /^[\s*-]*Camera\s*[::]\s*(\w+)(?:\s*,\s*(\w+))?/im.exec(prompt);
  return {
    movement: movements.find((each) => each === line?.[1]?.toLowerCase()) ?? 'static',
    speed: speeds.find((each) => each === line?.[2]?.toLowerCase()) ?? 'medium',
  };
}

const reach: Record<Speed, number> = { slow: 0.6, medium: 1, fast: 1.6 };

interface Path {
  zoom: string;
  x: string;
  y: string;
}

/**
 * The ffmpeg filter that moves a camera over one still picture for so many frames. The picture is enlarged first:
 * `zoompan` moves in whole pixels of its input, and without room between them a slow move would tremble.
 */
export function cameraFilter({ movement, speed }: CameraMotion, { width, height }: Size, frames: number): string {
  const factor = Math.min(4, Math.max(2, 4096 / width));
  const [wide, high] = [even(width * factor), even(height * factor)];
  const { zoom, x, y } = pathOf(movement, reach[speed], `(on/${Math.max(1, frames - 1)})`);
  return [
    `scale=${wide}:${high}:force_original_aspect_ratio=increase`,
    `crop=${wide}:${high}`,
    'format=yuv444p',
    `zoompan=z='${zoom}':x='${x}':y='${y}':d=${frames}:s=${width}x${height}:fps=24`,
    'setsar=1',
    'format=yuv420p',
  ].join(',');
}

/** `along` runs from 0 to 1. A dolly moves faster than a zoom, gathers speed, and its eye line rises or sinks. */
function pathOf(movement: Movement, amount: number, along: string): Path {
  const centre = { x: '(iw-iw/zoom)/2', y: '(ih-ih/zoom)/2' };
  const rolled = `pow(${along},1.6)`;
  const slide = `${Math.min(1, amount * 0.62)}*${along}`;
  const start = (1 - Math.min(1, amount * 0.62)) / 2;
  switch (movement) {
    case 'static':
      return { zoom: '1', ...centre };
    case 'zoom_in':
      return { zoom: `1+${0.25 * amount}*${along}`, ...centre };
    case 'zoom_out':
      return { zoom: `1+${0.25 * amount}*(1-${along})`, ...centre };
    case 'dolly_in':
      return { zoom: `1.04+${0.45 * amount}*${rolled}`, x: centre.x, y: `(ih-ih/zoom)*(0.5+0.3*${rolled})` };
    case 'dolly_out':
      return { zoom: `1.04+${0.45 * amount}*(1-${rolled})`, x: centre.x, y: `(ih-ih/zoom)*(0.8-0.3*${rolled})` };
    case 'pan_right':
      return { zoom: '1.3', x: `(iw-iw/zoom)*(${start}+${slide})`, y: centre.y };
    case 'pan_left':
      return { zoom: '1.3', x: `(iw-iw/zoom)*(${1 - start}-${slide})`, y: centre.y };
    case 'tilt_down':
      return { zoom: '1.3', x: centre.x, y: `(ih-ih/zoom)*(${start}+${slide})` };
    case 'tilt_up':
      return { zoom: '1.3', x: centre.x, y: `(ih-ih/zoom)*(${1 - start}-${slide})` };
  }
}

function even(length: number): number {
  return 2 * Math.round(length / 2);
}
