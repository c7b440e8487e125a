import { imageSize } from 'image-size';
import { StoryreelError, type LaneResult, type LaneTask } from '../protocol';
import type { ImageProvider } from '../providers';
import { heedInPrompt, renderText, stageDefinition, type ImageStage } from '../stages';
import { providerCall } from '../telemetry';
import type { ActivityDeps } from './deps';
import { inputHash } from './input-hash';
import { runLane, type LaneMaker, type LaneRun } from './lane-run';
import { promptFor } from './prompt-for';
import { callOf, chooseImage, type Chosen } from './provider-choice';

interface ImageInputs {
  readonly chosen: Chosen<ImageProvider>;
  readonly prompt: string;
}

/** Draws the image of a scene. A repeated attempt is the same request by its key; a forced run is a new one. */
export function generateImage(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, maker);
}

const maker: LaneMaker<ImageInputs> = {
  async plan({ deps, context, stage: name, feedback }) {
    const stage = imageStage(name);
    const chosen = await chooseImage(deps);
    const { user } = await promptFor(context.manager, name, stage.template);
    const prompt = heedInPrompt(renderText(user, await stage.variables(context)), feedback);
    return {
      inputs: { chosen, prompt },
      model: chosen.model,
      inputHash: inputHash([name, chosen.model, prompt, deps.config.FRAME_SIZE]),
    };
  },

  async make(run, { inputs: { chosen, prompt }, inputHash: hash }) {
    const { deps, claim } = run;
    const request = {
      prompt,
      size: deps.config.FRAME_SIZE,
      idempotencyKey: [claim.projectId, claim.lane, hash.slice(0, 16), run.madeSince ?? 0].join('/'),
    };
    const image = await providerCall(callOf('generate_image', claim, chosen), () =>
      chosen.provider.generate(request, run.signal),
    );
    const { width, height } = imageSize(image.bytes);
    const media = await deps.media.put(image.bytes, image.mediaType);
    await run.settle({ resultHash: media.sha256 }, async (context, settlement) => {
      await imageStage(run.stage).save(context, { ...media, width, height, prompt }, settlement);
      return {};
    });
    return { sha256: media.sha256, bytes: media.bytes };
  },
};

function imageStage(name: LaneRun['stage']): ImageStage {
  const stage = stageDefinition(name);
  if (stage.kind !== 'image') throw new StoryreelError('Stage.Unknown', `The stage ${name} makes no images.`);
  return stage;
}
