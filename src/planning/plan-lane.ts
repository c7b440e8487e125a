import type { EntityManager } from 'typeorm';
import { PromptTemplate } from '../entities';
import { languageName, type StageName } from '../protocol';
import {
  settingsOf,
  withFeedback,
  withLanguage,
  promptWithFeedback,
  renderMessages,
  renderText,
  type ClipSource,
  type FilmPlan,
  type JsonSchema,
  type PromptText,
  type StageContext,
  type ImageStage,
  type VideoStage,
} from '../stages';
import { inputHash, partHash } from './input-hash';
import { chooseModel, type ModelChoice, type PlanSource } from './model-choice';

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

export async function planText(
  source: PlanSource,
  context: StageContext,
  name: StageName,
  feedback: Feedback,
): Promise<TextPlan> {
  const stage = context.stages.ofKind('text', name);
  const choice = await chooseModel(source, 'text');
  const language = stage.inLanguage === undefined ? undefined : settingsOf(context.project).language;
  const variables = { ...(await stage.variables(context)), ...(language !== undefined && { language }) };
  const template = await promptFor(context.manager, name, stage.template);
  const conversation = (filled: Variables, nameOf: (tag: string) => string) => {
    const asked = renderMessages(template, filled);
    const inLanguage =
      language === undefined
        ? asked
        : withLanguage(asked, stage.inLanguage ?? '', { tag: language, name: nameOf(language) });
    return withFeedback(inLanguage, feedback);
  };
  const messages = conversation(variables, languageName);
  const maxTokens = stage.maxTokens(variables);
  const schema = stage.schema?.(variables);
  // The model is given the scene's position, but a scene that only moves is not produced again.
  const place = Object.fromEntries((stage.positionVariables ?? []).map((key) => [key, '']));
  // The name of a language depends on the version of Node, so that the hash has only its tag.
  const lasting = conversation({ ...variables, ...place }, (tag) => tag);
  return {
    choice,
    variables,
    messages,
    maxTokens,
    ...(schema && { schema }),
    model: choice.model,
    inputHash: inputHash([name, choice.model, lasting, maxTokens, stage.temperature, schema]),
    parts: partsOf({
      model: choice.model,
      prompt: template,
      ...variables,
      ...place,
      limits: [maxTokens, stage.temperature, schema],
      feedback,
    }),
  };
}

/** The stage's active row of `prompt_templates`, or the prompt that comes with the code. */
async function promptFor(manager: EntityManager, stage: StageName, fallback: PromptText): Promise<PromptText> {
  const row = await manager.findOneBy(PromptTemplate, { stage, active: true });
  return row ? { system: row.system, user: row.user } : fallback;
}

/** The prompt of a picture or a clip, and its inputs. */
async function promptOf(
  context: StageContext,
  stage: ImageStage | VideoStage,
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
  const { language } = film;
  const parts = film.parts.map(({ scene }, i) => [`scene ${scene}`, made[i]] as const);
  return {
    film,
    model: 'ffmpeg',
    inputHash: inputHash([name, FRAME_SIZE, made, ...missing, ...(language === undefined ? [] : [{ language }])]),
    parts: partsOf({
      FRAME_SIZE,
      ...Object.fromEntries(parts),
      missing: film.missing,
      ...(language !== undefined && { language }),
    }),
  };
}

/** The plan by which a lane of the stage is produced or used again. Throws if an input of it is missing. */
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
