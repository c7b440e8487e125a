import { laneParts, MAX_SCENES, STAGES } from '../../src/protocol';
import { t } from '../i18n';

export function laneName(lane: string): string {
  return laneNames([lane]);
}

/** Those of one stage together, with the numbers of their scenes. */
export function laneNames(lanes: readonly string[]): string {
  const scenes = new Map<string, number[]>();
  for (const { stage, scene } of lanes.map(partsOf))
    scenes.set(stage, [...(scenes.get(stage) ?? []), ...(scene === undefined ? [] : [scene])]);
  return t().list([...scenes].map(([stage, numbers]) => t().lane(stage, numbers)));
}

/** For lists: in the order of the stages, and within one of the scenes. */
export function placeOfLane(lane: string): number {
  const { stage, scene = 0 } = partsOf(lane);
  const at = STAGES.findIndex(({ name }) => name === stage);
  return (at < 0 ? STAGES.length : at) * (MAX_SCENES + 1) + scene;
}

/** What was paid for a scene that was removed has the scene's id where a lane has its number. */
function partsOf(lane: string): { readonly stage: string; readonly scene?: number } {
  return laneParts(lane) ?? { stage: lane.split('/')[0] ?? lane };
}
