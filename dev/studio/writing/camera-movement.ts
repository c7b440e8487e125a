import { Dice } from '../dice';
import { languageOf } from './language';
import { sceneNumberIn } from './prompt-reader';

/** The camera movements that the studio chooses from. */
export const movements = [
  'static',
  'zoom_in',
  'pan_left',
  'dolly_out',
  'tilt_up',
  'zoom_out',
  'pan_right',
  'dolly_in',
  'tilt_down',
] as const;
export type Movement = (typeof movements)[number];
export const speeds = ['slow', 'medium', 'fast'] as const;
export type Speed = (typeof speeds)[number];

export interface CameraMove {
  movement: Movement;
  speed: Speed;
  reason: string;
}

/** How the camera moves in the scene of the prompt; scenes that follow each other never move alike. */
export function chooseCameraMovement(prompt: string, seed: string | number): CameraMove {
  const scene = sceneNumberIn(prompt);
  const turn =
    scene === null ? new Dice('camera', prompt, seed).whole(0, 8) : new Dice('camera', seed).whole(0, 8) + scene * 4;
  const movement = movements[turn % movements.length] ?? 'static';
  const speed = new Dice('speed', prompt, seed).pick(speeds);
  const spoken = movement.replace('_', ' ');
  const reason =
    languageOf(prompt) === 'zh'
      ? `用${spoken}的镜头,让观众跟上这一刻的情绪。`
      : `A ${speed} ${spoken} lets the viewer settle into this moment.`;
  return { movement, speed, reason };
}
