import type { StageName } from '../protocol';
import {
  heed,
  heedInPrompt,
  renderMessages,
  renderText,
  type ClipSource,
  type FilmPlan,
  type JsonSchema,
  type StageContext,
  type ImageStage,
  type VideoStage,
} from '../stages';
import { inputHash, partHash } from './input-hash';
import { chooseModel, type ModelChoice, type PlanSource } from './model-choice';
import { promptFor } from './prompt-for';

/** What a lane would be made from, known before anything is paid. */
export interface LaneInputs {
  /** Of all of it: the same hash, the same result. */
  readonly inputHash: string;
  readonly model: string;
  /** A hash of each part by its name, to tell which of them has changed. */
  readonly parts: Readonly<Record<string, string>>;
}

/** What people said was wrong with earlier results. */
type Feedback = readonly string[];
type Variables = Readonly<Record<string, unknown>>;

export interface TextPlan extends LaneInputs {
  readonly choice: ModelChoice;
  readonly variables: Variables;
  readonly messages: ReturnType<typeof heed>;
  readonly maxTokens: number;
  readonly schema?: JsonSchema;
}

export interface ImagePlan extends LaneInputs {
  readonly choice: ModelChoice;
  readonly prompt: string;
}

export interface VideoPlan extends LaneInputs, ClipSource {
  readonly choice: ModelChoice;
  readonly prompt: string;
}

export interface FilmInputs extends LaneInputs {
  readonly film: FilmPlan;
}

export async function planText(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<TextPlan> {
  const stage = context.stages.ofKind('text', name);
  const choice = await chooseModel(source, 'text');
  const variables = await stage.variables(context);
  const template = await promptFor(context.manager, name, stage.template);
  const messages = heed(renderMessages(template, variables), feedback);
  const maxTokens = stage.maxTokens(variables);
  const schema = stage.schema?.(variables);
  // Where a scene stands is told to the model, but a scene that only moves is not made again.
  const place = Object.fromEntries((stage.place ?? []).map((key) => [key, '']));
  const lasting = stage.place ? heed(renderMessages(template, { ...variables, ...place }), feedback) : messages;
  return {
    choice,
    variables,
    messages,
    maxTokens,
    ...(schema && { schema }),
    model: choice.model,
    inputHash: inputHash([name, choice.model, lasting, maxTokens, stage.temperature, schema]),
    parts: partsOf({
      ...{ model: choice.model, prompt: template, ...variables, ...place },
      limits: [maxTokens, stage.temperature, schema],
      feedback,
    }),
  };
}

/** What a picture or a clip is asked for with, and what that was made from. */
async function promptOf(
  context: StageContext,
  stage: ImageStage | VideoStage,
  name: StageName,
  feedback: Feedback,
): Promise<{ readonly prompt: string; readonly parts: Variables }> {
  const { user } = await promptFor(context.manager, name, stage.template);
  const variables = await stage.variables(context);
  return { prompt: heedInPrompt(renderText(user, variables), feedback), parts: { prompt: user, ...variables } };
}

export async function planImage(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<ImagePlan> {
  const stage = context.stages.ofKind('image', name);
  const choice = await chooseModel(source, 'image');
  const { prompt, parts } = await promptOf(context, stage, name, feedback);
  const { FRAME_SIZE } = source.config;
  return {
    choice,
    prompt,
    model: choice.model,
    inputHash: inputHash([name, choice.model, prompt, FRAME_SIZE]),
    parts: partsOf({ model: choice.model, ...parts, FRAME_SIZE, feedback }),
  };
}

export async function planVideo(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<VideoPlan> {
  const stage = context.stages.ofKind('video', name);
  const choice = await chooseModel(source, 'video');
  const { prompt, parts } = await promptOf(context, stage, name, feedback);
  const clip = await stage.source(context);
  const { FRAME_SIZE } = source.config;
  return {
    choice,
    prompt,
    ...clip,
    model: choice.model,
    inputHash: inputHash([name, choice.model, prompt, clip.imageKey, clip.seconds, FRAME_SIZE]),
    parts: partsOf({
      model: choice.model,
      ...parts,
      image: clip.imageKey,
      duration: clip.seconds,
      FRAME_SIZE,
      feedback,
    }),
  };
}

export async function planFilm(source: PlanSource, context: StageContext, name: StageName): Promise<FilmInputs> {
  const film = await context.stages.ofKind('film', name).plan(context);
  const { FRAME_SIZE } = source.config;
  const made = film.parts.map(({ kind, sha256, seconds, narration }) => [
    ...[sha256, seconds, narration],
    ...(kind === 'still' ? [kind] : []),
  ]);
  const missing = film.missing.length > 0 ? [film.missing] : [];
  const parts = film.parts.map(({ scene }, i) => [`scene ${scene}`, made[i]] as const);
  return {
    film,
    model: 'ffmpeg',
    inputHash: inputHash([name, FRAME_SIZE, made, ...missing]),
    parts: partsOf({ FRAME_SIZE, ...Object.fromEntries(parts), missing: film.missing }),
  };
}

/** The very plan by which a lane of the stage would be made or used again. Throws where an input of it is missing. */
export function planLane(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<LaneInputs> {
  switch (context.stages.definition(name).kind) {
    case 'text':
      return planText(source, context, name, feedback);
    case 'image':
      return planImage(source, context, name, feedback);
    case 'video':
      return planVideo(source, context, name, feedback);
    case 'film':
      return planFilm(source, context, name);
  }
}

function partsOf(parts: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([key, value]) => [key.toLowerCase(), partHash(value)]));
}
