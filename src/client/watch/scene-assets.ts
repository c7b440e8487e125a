import { mediaKey, stageOfRole, type SceneAsset, type SceneSnapshot } from '../../protocol';

/** `s` is the scene, and `c` its camera move. */
export const SCENE_ASSETS = `
  json_build_object(
    'movement', c.movement, 'speed', c.speed,
    'image', CASE WHEN i.sha256 IS NOT NULL THEN
      json_build_object('sha256', i.sha256, 'media_type', i.media_type, 'width', i.width, 'height', i.height) END,
    'clip', CASE WHEN v.sha256 IS NOT NULL AND v.media_type IS NOT NULL THEN
      json_build_object('sha256', v.sha256, 'media_type', v.media_type, 'duration', v.duration_seconds) END)`;

export const SCENE_JOINS = `
  LEFT JOIN generated_images AS i ON i.scene_id = s.id
  LEFT JOIN generated_videos AS v ON v.scene_id = s.id AND v.stage = '${stageOfRole('clip').name}' AND v.status = 'completed'`;

type AssetRow = Omit<SceneAsset, 'asset' | 'duration'> & { readonly duration?: number | null };

export interface SceneAssetsRow {
  readonly movement: string | null;
  readonly speed: string | null;
  readonly image: AssetRow | null;
  readonly clip: AssetRow | null;
}

export function sceneAssets(row: SceneAssetsRow): Pick<SceneSnapshot, 'image' | 'camera' | 'clip'> {
  const { movement, speed, image, clip } = row;
  return {
    ...(image && { image: sceneAsset(image) }),
    ...(movement !== null && speed !== null && { camera: { movement, speed } }),
    ...(clip && { clip: sceneAsset(clip) }),
  };
}

function sceneAsset({ duration, ...row }: AssetRow): SceneAsset {
  return {
    asset: mediaKey(row.sha256, row.media_type),
    ...row,
    ...(duration !== undefined && duration !== null && { duration }),
  };
}
