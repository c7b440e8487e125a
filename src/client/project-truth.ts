import type { DataSource } from 'typeorm';
import { CameraMovement, Film, Lane, Project, ProjectStage, Scene } from '../entities';
import { laneId, type FilmReference, type LaneId, type ProjectId, type SceneSnapshot } from '../protocol';

/** Text that is settled, by lane. */
export interface SettledText {
  readonly text: string;
  readonly sha256: string;
}

/** What Postgres holds of a project. */
export interface ProjectTruth {
  readonly project: Project;
  readonly stages: readonly ProjectStage[];
  readonly lanes: readonly Lane[];
  readonly texts: ReadonlyMap<LaneId, SettledText>;
  readonly scenes: readonly SceneSnapshot[];
  readonly film?: FilmReference;
}

/** Reads a project in one consistent moment; undefined where there is none. */
export async function loadTruth(dataSource: DataSource, projectId: ProjectId): Promise<ProjectTruth | undefined> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    const project = await manager.findOneBy(Project, { id: projectId });
    if (!project) return undefined;
    const stages = await manager.findBy(ProjectStage, { projectId });
    const lanes = await manager.findBy(Lane, { projectId });
    const scenes = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
    const cameras = await manager.findBy(CameraMovement, { projectId });
    const film = await manager.findOneBy(Film, { projectId });

    const texts = new Map<LaneId, SettledText>();
    for (const { stage, text, sha256 } of stages) {
      if (text !== null && sha256 !== null) texts.set(laneId(stage), { text, sha256 });
    }
    const numbers = new Map(scenes.map(({ id, sequenceNumber }) => [id, sequenceNumber]));
    for (const { sceneId, text, sha256 } of cameras) {
      texts.set(laneId('camera_movement', numbers.get(sceneId)), { text, sha256 });
    }
    return {
      project,
      stages,
      lanes,
      texts,
      scenes: scenes.map((scene) => ({
        scene_number: scene.sequenceNumber,
        narration: scene.narration,
        visual_prompt: scene.visualPrompt,
        shot_type: scene.shotType,
        duration: scene.durationSeconds,
      })),
      ...(film && { film: filmReference(film) }),
    };
  });
}

function filmReference(film: Film): FilmReference {
  return {
    asset: film.path,
    sha256: film.sha256,
    bytes: film.bytes,
    duration: film.durationSeconds,
    scenes: film.sceneCount,
    ...(film.stills.length > 0 && { stills: film.stills }),
    ...(film.missingScenes.length > 0 && { missing_scenes: film.missingScenes }),
  };
}
