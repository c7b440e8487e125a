import { CAMERA_MOVEMENTS, CAMERA_SPEEDS, SHOT_TYPES } from '../../src/protocol';
import type { EditableScene } from '../api/types';
import { t } from '../i18n';

/** One thing of a scene that a person may change. */
export interface SceneField {
  readonly name: string;
  readonly label: 'narration' | 'visualPrompt' | 'shotType' | 'duration' | 'movement' | 'speed';
  /** Undefined while the scene has none. */
  readonly read: (scene: EditableScene) => string | undefined;
  readonly change: (value: string) => object;
  /** As people read it. */
  readonly shown: (value: string) => string;
  /** The words that are offered. */
  readonly offered?: readonly string[];
  readonly isNumber?: true;
}

const asItIs = (value: string) => value;

export const SCENE_FIELDS: readonly SceneField[] = [
  {
    name: 'narration',
    label: 'narration',
    shown: asItIs,
    read: ({ narration }) => narration,
    change: (narration) => ({ narration }),
  },
  {
    name: 'visual_prompt',
    label: 'visualPrompt',
    shown: asItIs,
    read: ({ visual_prompt: prompt }) => prompt,
    change: (prompt) => ({ visual_prompt: prompt }),
  },
  {
    name: 'shot_type',
    label: 'shotType',
    offered: SHOT_TYPES,
    read: ({ shot_type: shot }) => shot,
    change: (shot) => ({ shot_type: shot }),
    shown: (shot) => t().shotName(shot),
  },
  {
    name: 'duration',
    label: 'duration',
    isNumber: true,
    read: ({ duration }) => String(duration),
    change: (seconds) => ({ duration: Number(seconds) }),
    shown: (seconds) => t().seconds(Number(seconds)),
  },
  {
    name: 'movement',
    label: 'movement',
    offered: CAMERA_MOVEMENTS,
    read: ({ camera }) => camera?.movement,
    change: (movement) => ({ camera: { movement } }),
    shown: (move) => t().moveName(move),
  },
  {
    name: 'speed',
    label: 'speed',
    offered: CAMERA_SPEEDS,
    read: ({ camera }) => camera?.speed,
    change: (speed) => ({ camera: { speed } }),
    shown: (speed) => t().speedName(speed),
  },
];
