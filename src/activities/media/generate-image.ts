import { planImage } from '../../planning';
import { saveImage } from '../../stages';
import type { LaneResult, LaneTask } from '../../protocol';
import { UndecodedMedia, UnusableMedia, type ImageProvider } from '../../providers';
import type { ActivityDeps } from '../deps';
import { fitPicture } from './fit-media';
import { imageKey, isPaidInVain } from './image-order';
import { runLane, type LaneProducer } from '../lanes/lane-run';
import { askProvider } from '../usage/provider-answer';
import { openImage, type ResolvedProvider } from '../usage/provider-choice';
import { withoutQuotesOf } from '../usage/provider-words';
import { ReadyCall } from '../usage/ready-call';
import { WastedOrder } from '../usage/wasted-order';

const ONE = { unit: 'image', units: 1 } as const;

interface ImageInputs {
  readonly chosen: ResolvedProvider<ImageProvider>;
  readonly prompt: string;
}

/**
 * Draws the image of a scene. If the provider honours a key, an image whose answer was lost is requested again under
 * its key.
 */
export function generateImage(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, imageProducer);
}

const imageProducer: LaneProducer<ImageInputs> = {
  async plan({ deps, context, stage: name, feedback }) {
    const plan = await planImage(deps, context, name, feedback);
    return { ...plan, inputs: { prompt: plan.prompt, chosen: openImage(deps, plan.choice) } };
  },

  async make(run, plan) {
    const { chosen, prompt } = plan.inputs;
    const { deps } = run;
    const size = deps.config.FRAME_SIZE;
    const key = await run.through(() => imageKey(run, plan));
    const request = { prompt, size, idempotencyKey: key };
    let answered = false;
    const paid = new ReadyCall(run, 'files', { chosen, most: ONE, sentAs: key });
    try {
      const image = await paid.make(() =>
        askProvider(run, { operation: 'generate_image', chosen }, () =>
          chosen.provider.generate(request, run.signal),
        ).catch(withoutQuotesOf(prompt)),
      );
      answered = true;
      const picture = await fitPicture(run, image, size);
      const { width, height } = picture;
      const media = await run.through(() => deps.media.put(picture.bytes, picture.mediaType));
      await run.settle({ resultHash: media.sha256 }, async (context, settlement) => {
        const stage = context.stages.ofKind('image', run.stage);
        const settled = { ...media, width, height, prompt };
        await (stage.save
          ? stage.save(context, settled, settlement)
          : saveImage(context, run.stage, settled, settlement));
        await paid.call.settle(context.manager, ONE, false);
        return {};
      });
      return { sha256: media.sha256, bytes: media.bytes };
    } catch (error) {
      const isUnusable = error instanceof UnusableMedia;
      await paid.booked?.waste(error, ONE, !answered && !isUnusable);
      if (isUnusable) await paid.booked?.spoil();
      // What was ordered under a key is there when it is asked for again.
      const isLost = !isUnusable && !chosen.honoursKey && paid.booked !== undefined && isPaidInVain(error, answered);
      const isWorthAnother = isUnusable && !(error instanceof UndecodedMedia);
      throw isWorthAnother || (isLost && !run.signal.aborted) ? new WastedOrder(error) : error;
    }
  },
};
