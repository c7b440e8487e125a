import { StoryreelError, type StageName } from '../protocol';
import {
  withFeedback,
  promptWithFeedback,
  renderMessages,
  renderText,
  stageDefinition,
  type ClipSource,
  type FilmPlan,
  type JsonSchema,
  type StageContext,
  type StageDefinition,
} from '../stages';
import { inputHash, partHash } from './input-hash';
import { chooseModel, type ModelChoice, type PlanSource } from './model-choice';
import { promptFor } from './prompt-for';

/** The inputs of a lane's result, known before anything is paid. */
export interface LaneInputs {
  /** The hash of all inputs: the same hash means the same result. */
  readonly inputHash: string;
  readonly model: string;
  /** A hash of each input by its name, to find out which of them has changed. */
  readonly parts: Readonly<Record<string, string>>;
}

/** The reasons that people gave for rejecting earlier results. */
type Feedback = readonly string[];
type Variables = Readonly<Record<string, unknown>>;

export interface TextPlan extends LaneInputs {
  readonly choice: ModelChoice;
  readonly variables: Variables;
  readonly messages: ReturnType<typeof withFeedback>;
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

type Kind = StageDefinition['kind'];

/** The stage, if it is of this kind. */
export function stageOfKind<K extends Kind>(kind: K, name: StageName): Extract<StageDefinition, { kind: K }> {
  const stage = stageDefinition(name);
  if (stage.kind !== kind) throw new StoryreelError('Stage.Unknown', `The stage ${name} makes no ${kind}.`);
  return stage as Extract<StageDefinition, { kind: K }>;
}

export async function planText(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<TextPlan> {
  const stage = stageOfKind('text', name);
  const choice = await chooseModel(source, 'text');
  const variables = await stage.variables(context);
  const template = await promptFor(context.manager, name, stage.template);
  const messages = withFeedback(renderMessages(template, variables), feedback);
  const maxTokens = stage.maxTokens(variables);
  const schema = stage.schema?.(variables);
  // The model is given the scene's position, but a scene that only moves is not produced again.
  const place = Object.fromEntries((stage.positionVariables ?? []).map((key) => [key, '']));
  const lasting = stage.positionVariables
    ? withFeedback(renderMessages(template, { ...variables, ...place }), feedback)
    : messages;
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

/** The prompt of a picture or a clip, and its inputs. */
async function promptOf(
  context: StageContext,
  stage: Extract<StageDefinition, { kind: 'image' | 'video' }>,
  name: StageName,
  feedback: Feedback,
): Promise<{ readonly prompt: string; readonly parts: Variables }> {
  const { user } = await promptFor(context.manager, name, stage.template);
  const variables = await stage.variables(context);
  return { prompt: promptWithFeedback(renderText(user, variables), feedback), parts: { prompt: user, ...variables } };
}

export async function planImage(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<ImagePlan> {
  const stage = stageOfKind('image', name);
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
  const stage = stageOfKind('video', name);
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
  const film = await stageOfKind('film', name).plan(context);
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

/** The plan by which a lane of the stage is produced or used again. Throws if an input of it is missing. */
export function planLane(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<LaneInputs> {
  switch (stageDefinition(name).kind) {
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
