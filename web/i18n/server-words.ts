import type {
  BuiltInStage,
  CameraMove,
  CameraSpeed,
  ContinuedBy,
  FailureType,
  LaneStatus,
  PIPELINE,
  ProjectStatus,
  ResetReason,
  Scope,
  ShotType,
} from '../../src/protocol';
import type { KeyState, MakeReason, ModelKind, PaidCall, PriceUnit } from '../api/types';

/** What was refused or has failed. */
export interface Reason {
  /** In the language of the page. */
  readonly text: string;
  /** The server's own words, if they are in another language and add something. */
  readonly detail?: string;
}

/** The texts for the words that the server sends, a list for each kind. A new word of the server does not compile until it has a text. */
export interface ServerWords {
  readonly status: Record<LaneStatus | ProjectStatus, string>;
  readonly stage: Record<BuiltInStage | typeof PIPELINE, string>;
  readonly shotName: Record<ShotType, string>;
  readonly moveName: Record<CameraMove, string>;
  readonly speedName: Record<CameraSpeed, string>;
  readonly continuedHow: Record<ContinuedBy, string>;
  readonly begunAgain: Record<ResetReason, string>;
  readonly reason: Record<MakeReason, string>;
  readonly outcome: Record<PaidCall['outcome'], string>;
  readonly scope: Record<Scope, string>;
  readonly providerKind: Record<ModelKind, string>;
  readonly keyState: Record<KeyState, string>;
  readonly priceUnit: Record<PriceUnit, string>;
  /** What a result is made from. Stages of packages have others. */
  readonly input: Record<string, string>;
  /** What of the workers' settings is part of a result. */
  readonly setting: Record<string, string>;
  /** What the audit records. */
  readonly audited: Record<string, string>;
  /** What has happened. Left out where the server's own sentence is in the language of the page. */
  readonly failure?: Record<FailureType, string>;
}

/** English is the language of the server: the page shows its own word if there is no other text for it. */
export type EnglishWords = { readonly [List in keyof ServerWords]: Partial<ServerWords[List]> };

type Lists = Required<ServerWords>;
type Translations = { readonly [List in keyof Lists]: (word: string) => string };

/**
 * The functions of a dictionary that translate a word of the server. A newer server or a package may send a word that no
 * list has. The page then shows the word itself.
 */
export function translationsOf(words: EnglishWords): Translations {
  const translate = (list: Readonly<Partial<Record<string, string>>> | undefined) => (word: string) =>
    (list && Object.hasOwn(list, word) ? list[word] : undefined) ?? word.replaceAll('_', ' ');
  const lists = Object.entries({ failure: undefined, ...words }).map(
    ([name, list]) => [name, translate(list)] as const,
  );
  return Object.fromEntries(lists) as Translations;
}
