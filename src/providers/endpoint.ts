/**
 * The address and the model of a provider. It is in a file of its own, so that no public type needs the package of
 * OpenAI.
 */
export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
}
