import type { EntityManager } from 'typeorm';
import type { Project, Scene } from '../entities';
import type { LaneId, SceneIds, StageName, StagePlan } from '../protocol';
import type { StoredMedia } from '../storage';
import type { StageRegistry } from './registry';

/** The data of a stage: the project, the scene if it works on one, and access to everything else. */
export interface StageContext {
  /** @internal */
  readonly manager: EntityManager;
  /** Runs SQL with parameters like $1: in `save`, within the transaction that settles the lane. */
  readonly query: <T = unknown>(sql: string, parameters?: unknown[]) => Promise<T>;
  readonly project: Project;
  readonly scene?: Scene;
  /** Lanes that a person has skipped in this run: what an earlier run made in them must not be used. */
  readonly skipped: ReadonlySet<LaneId>;
  /** The stages that this process knows. */
  readonly stages: StageRegistry;
}

/** The two messages of a prompt. */
export interface PromptText {
  readonly system: string;
  readonly user: string;
}

/** A result that is stored and may be used again. */
export interface StoredResult {
  readonly sha256: string;
  readonly bytes: number;
  /** For a text lane: the streamed text, byte for byte. */
  readonly text?: string;
  /** The facts about the result that viewers get; never the bytes. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The attempt and the inputs of a result. */
export interface Settlement {
  readonly fence: number;
  readonly inputHash: string;
  readonly model: string;
}

/** The checks of an answer beyond its form; each can be switched off. */
export interface TextChecks {
  /** A refusal in the place of the text, a text of a few words, one sentence again and again. */
  readonly refusal?: boolean;
  readonly length?: boolean;
  readonly repetition?: boolean;
  /** A text in another script than what it was made from. */
  readonly script?: boolean;
  /** Marks, labels and offers around a story; without it, they are left in narrations as well. */
  readonly markdown?: boolean;
  /** How many scenes more or fewer than were asked for are taken. */
  readonly sceneTolerance?: number;
  /** The longest that a scene may be, in seconds. */
  readonly maxSeconds?: number;
}

/** The form that an answer must have. */
export interface JsonSchema {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

interface Stage {
  readonly name: StageName;
  /** How `item_completed` calls what a per-scene stage makes; by default by the stage's name. */
  readonly item?: string;
  /** The whole result, if it is there. A stage that has no table of its own leaves it out. */
  stored?(context: StageContext): Promise<StoredResult | undefined>;
}

interface PromptedStage extends Stage {
  /** The prompt if no row of `prompt_templates` is active for the stage. */
  readonly template: PromptText;
  /** The values for the template. Throws `Project.Invalid` if a result that they depend on is missing. */
  variables(context: StageContext): Promise<Readonly<Record<string, unknown>>>;
}

/** A stage whose lanes stream text. */
export interface TextStage<Parsed = unknown> extends PromptedStage {
  readonly kind: 'text';
  /** The limit of an answer, in tokens. */
  readonly maxTokens: (variables: Readonly<Record<string, unknown>>) => number;
  readonly temperature: number;
  /** Variables that only state a scene's position: a moved scene is not produced again because of them. */
  readonly positionVariables?: readonly string[];
  /** An answer that was cut off at `maxTokens` can be used as it is: prose, but no JSON. */
  readonly cutIsUsable?: true;
  /**
   * What of the answer is in the language of the project, such as `the story`. The prompt then asks for that language,
   * and the variables have it as `language`. Without it, the language of a project changes nothing.
   */
  readonly inLanguage?: string;
  /** The form of the answer, if it is JSON. */
  schema?(variables: Readonly<Record<string, unknown>>): JsonSchema;
  /** Throws `UnusableOutput` with what the model should mend. */
  parse(text: string, variables: Readonly<Record<string, unknown>>, checks?: TextChecks): Parsed;
  /** What else is written, in the transaction that settles the lane; running it twice changes nothing. */
  save?(context: StageContext, result: Parsed, text: SettledText, settlement: Settlement): Promise<void>;
  /** Set on the stage that lays out the scenes: what is stored of them. */
  scenes?(context: StageContext): Promise<SceneIds>;
}

/** A text that is in the transaction which settles its lane. */
export interface SettledText {
  readonly text: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** An image that is in storage. */
export interface SettledImage extends StoredMedia {
  /** Width and height are in pixels. */
  readonly width: number;
  readonly height: number;
  readonly prompt: string;
}

/** A stage whose lanes make one image each. */
export interface ImageStage extends PromptedStage {
  readonly kind: 'image';
  /** Writes the result into a table of the stage's own, in the transaction that settles the lane. */
  save?(context: StageContext, image: SettledImage, settlement: Settlement): Promise<void>;
}

/** The image that a clip begins with, and the length of the clip in seconds. */
export interface ClipSource {
  readonly imageKey: string;
  readonly mediaType: string;
  readonly seconds: number;
}

/** A stage whose lanes make one clip each. */
export interface VideoStage extends PromptedStage {
  readonly kind: 'video';
  /** Throws `Project.Invalid` if the image is missing. */
  source(context: StageContext): Promise<ClipSource>;
}

export interface FilmStage extends Stage {
  readonly kind: 'film';
  /** Throws `Film.Empty` if no scene has anything to show. */
  plan(context: StageContext): Promise<FilmPlan>;
  save(
    context: StageContext,
    film: StoredMedia & {
      readonly durationSeconds: number;
      readonly width: number;
      readonly height: number;
      readonly plan: FilmPlan;
    },
    settlement: Settlement,
  ): Promise<void>;
}

export interface FilmPlan {
  /** In the order of their scenes. */
  readonly parts: readonly FilmPart[];
  /** Scenes that the film leaves out, because they have neither a clip nor an image. */
  readonly missing: readonly number[];
  /** The language of the narrations; absent if it is not known. */
  readonly language?: string;
}

/** What the film shows of one scene: its clip, or its image for the length of the scene. */
export interface FilmPart {
  readonly scene: number;
  readonly kind: 'clip' | 'still';
  readonly key: string;
  readonly sha256: string;
  readonly seconds: number;
  readonly narration: string;
}

export type StageDefinition = TextStage | ImageStage | VideoStage | FilmStage;

/** A stage that a package brings: what it does, with its line of the plan. */
export type OutsideStage<Parsed = unknown> = (TextStage<Parsed> | ImageStage | VideoStage) &
  Pick<StagePlan, 'scope' | 'needs' | 'without'>;

/** The model answered with something that cannot be used. `issues` go back to it when it is asked again. */
export class UnusableOutput extends Error {
  override readonly name = 'UnusableOutput';

  /** How often the model is asked at most, if the limit is lower than for other answers. */
  readonly mostAnswers?: number;

  constructor(
    readonly issues: readonly string[],
    { message, mostAnswers }: { readonly message?: string; readonly mostAnswers?: number } = {},
  ) {
    super(message ?? `The model's answer cannot be used: ${issues.join('; ')}`);
    if (mostAnswers !== undefined) this.mostAnswers = mostAnswers;
  }
}
