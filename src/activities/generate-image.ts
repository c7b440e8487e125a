import { imageSize } from 'image-size';
import { planImage, stageOfKind } from '../planning';
import type { LaneResult, LaneTask } from '../protocol';
import type { ImageProvider } from '../providers';
import { providerCall } from '../telemetry';
import type { ActivityDeps } from './deps';
import { runLane, type LaneMaker } from './lane-run';
import { callOf, openImage, type Chosen } from './provider-choice';
import { withoutQuotesOf } from './provider-words';
import { ReadyCall } from './ready-call';

const ONE = { unit: 'image', units: 1 } as const;

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
    const plan = await planImage(deps, context, name, feedback);
    return { ...plan, inputs: { prompt: plan.prompt, chosen: openImage(plan.choice) } };
  },

  async make(run, { inputs: { chosen, prompt }, inputHash: hash }) {
    const { deps, claim, context } = run;
    const request = {
      prompt,
      size: deps.config.FRAME_SIZE,
      // By the scene, not by its number: one that moves while it is drawn is not paid for again.
      idempotencyKey: [claim.projectId, run.stage, context.scene?.id, hash.slice(0, 16), run.madeSince ?? 0].join('/'),
    };
    let answered = false;
    const paid = new ReadyCall(run, 'files', { chosen, most: ONE });
    try {
      const image = await paid.make(() =>
        providerCall(callOf('generate_image', claim, chosen), () =>
          chosen.provider.generate(request, run.signal),
        ).catch(withoutQuotesOf(prompt)),
      );
      answered = true;
      const { width, height } = imageSize(image.bytes);
      const media = await run.through(() => deps.media.put(image.bytes, image.mediaType));
      await run.settle({ resultHash: media.sha256 }, async (context, settlement) => {
        await stageOfKind('image', run.stage).save(context, { ...media, width, height, prompt }, settlement);
        await paid.call.settle(context.manager, ONE, false);
        return {};
      });
      return { sha256: media.sha256, bytes: media.bytes };
    } catch (error) {
      await paid.booked?.waste(error, ONE, !answered);
      throw error;
    }
  },
};
