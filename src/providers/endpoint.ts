/** Where a provider is, and what it is asked for. A file of its own, so that no public type needs the package of OpenAI. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
}
