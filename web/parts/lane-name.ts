import { laneParts, MAX_SCENES, STAGES } from '../../src/protocol';
import { t } from '../i18n';

export function laneName(lane: string): string {
  const { stage, scene } = laneParts(lane);
  return t().lane(stage, scene);
}

/** For lists: in the order of the stages, and within one of the scenes. */
export function placeOfLane(lane: string): number {
  const { stage, scene = 0 } = laneParts(lane);
  const at = STAGES.findIndex(({ name }) => name === stage);
  return (at < 0 ? STAGES.length : at) * (MAX_SCENES + 1) + scene;
}
