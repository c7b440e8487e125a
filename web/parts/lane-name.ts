import { laneParts } from '../../src/protocol';
import { t } from '../i18n';

export function laneName(lane: string): string {
  const { stage, scene } = laneParts(lane);
  return t().lane(stage, scene);
}
