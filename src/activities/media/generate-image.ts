import { ModelUsage } from '../../entities';
import { planImage } from '../../planning';
import { saveImage } from '../../stages';
import { StoryreelError, type LaneResult, type LaneTask } from '../../protocol';
import { UnusableMedia, type ImageProvider } from '../../providers';
import { mayBeCharged } from '../usage/call-cost';
import type { ActivityDeps } from '../deps';
import { fitPicture } from './fit-media';
import { runLane, type LaneProducer, type LanePlan, type LaneRun } from '../lanes/lane-run';
import { askProvider } from '../usage/provider-answer';
import { openImage, type ResolvedProvider } from '../usage/provider-choice';
import { withoutQuotesOf } from '../usage/provider-words';
import { isSpoiled } from '../usage/paid-call';
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
    const key = await run.through(() => keyOf(run, plan));
    const request = { prompt, size, idempotencyKey: key };
    let answered = false;
    const paid = new ReadyCall(run, 'files', { chosen, most: ONE, sentAs: key });
    try {
      const image = await paid.make(() =>
        askProvider(run, 'generate_image', chosen, () => chosen.provider.generate(request, run.signal)).catch(
          withoutQuotesOf(prompt),
        ),
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
      // A request that was forbidden once is forbidden the next time, too.
      const mayRepeat = !answered && !chosen.honoursKey && !(error instanceof StoryreelError);
      const isLost = mayRepeat && paid.booked !== undefined && mayBeCharged(error);
      throw isUnusable || (isLost && !run.signal.aborted) ? new WastedOrder(error) : error;
    }
  },
};

/**
 * The key is made from the scene's id, not from its number. If the answer was lost, or the scene has moved meanwhile,
 * the request is repeated under its key. If the provider honours the key, it charges nothing again. Any other request
 * gets a new key, because a useless image must not be returned for ever.
 */
async function keyOf(run: LaneRun, { inputHash, inputs }: LanePlan<ImageInputs>): Promise<string> {
  const { projectId } = run.claim;
  const base = [projectId, run.stage, run.context.scene?.id, inputHash.slice(0, 16), run.minResultFence ?? 0].join('/');
  const made = await run.deps.dataSource
    .getRepository(ModelUsage)
    .createQueryBuilder('u')
    .where('u.project_id = :projectId AND starts_with(u.idempotency_key, :base)', { projectId, base })
    .orderBy('u.fence', 'DESC')
    .getMany();
  if (!inputs.chosen.honoursKey) return [base, made.length].join('/');
  const mayHaveMade = ({ outcome, estimated, units }: ModelUsage) =>
    outcome === 'in_flight' || estimated || (units ?? 0) > 0;
  const unkept = made.find((row) => row.outcome !== 'useful' && !isSpoiled(row) && mayHaveMade(row));
  return unkept?.idempotencyKey ?? [base, made.length].join('/');
}
