import { Film } from '../../entities';
import type { FilmStage } from '../definition';
import { filmPlanOf } from './plan';

/** Joins the scenes in their order. */
export const film: FilmStage = {
  name: 'film',
  kind: 'film',
  plan: filmPlanOf,

  async save({ manager, project }, { plan, ...made }, settlement) {
    await manager.upsert(
      Film,
      {
        projectId: project.id,
        sha256: made.sha256,
        mediaType: made.mediaType,
        bytes: made.bytes,
        durationSeconds: made.durationSeconds,
        width: made.width,
        height: made.height,
        sceneCount: plan.parts.length,
        stills: plan.parts.filter(({ kind }) => kind === 'still').map(({ scene }) => scene),
        missingScenes: [...plan.missing],
        inputHash: settlement.inputHash,
        fence: settlement.fence,
        path: made.key,
      },
      ['projectId'],
    );
  },

  async stored({ manager, project }) {
    const row = await manager.findOneBy(Film, { projectId: project.id });
    if (!row) return undefined;
    return {
      sha256: row.sha256,
      bytes: row.bytes,
      metadata: {
        asset: row.path,
        sha256: row.sha256,
        media_type: row.mediaType,
        duration: row.durationSeconds,
        scenes: row.sceneCount,
        ...(row.stills.length > 0 && { stills: row.stills }),
        ...(row.missingScenes.length > 0 && { missing_scenes: row.missingScenes }),
      },
    };
  },
};
