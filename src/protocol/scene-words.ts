/** How the camera can move in a scene. */
export const CAMERA_MOVEMENTS = [
  'static',
  'zoom_in',
  'zoom_out',
  'pan_left',
  'pan_right',
  'tilt_up',
  'tilt_down',
  'dolly_in',
  'dolly_out',
] as const;
/** See `CAMERA_MOVEMENTS`. */
export type CameraMove = (typeof CAMERA_MOVEMENTS)[number];

/** How fast it moves. */
export const CAMERA_SPEEDS = ['slow', 'medium', 'fast'] as const;
/** See `CAMERA_SPEEDS`. */
export type CameraSpeed = (typeof CAMERA_SPEEDS)[number];

/** The shots that a model is offered. A scene may have any other. */
export const SHOT_TYPES = ['wide', 'medium', 'close_up', 'aerial', 'low_angle', 'over_shoulder'] as const;
/** See `SHOT_TYPES`. */
export type ShotType = (typeof SHOT_TYPES)[number];
