/** A model as a run has chosen it. Where it is asked and with which key is each worker's own affair. */
export interface ModelSetting {
  /** A row of `model_providers` by its name, or `environment`. */
  readonly provider: string;
  readonly model: string;
  readonly jsonSchema: boolean;
  readonly continuation: 'none' | 'prefill' | 'reattach';
  /** Whether the worker that chose it could ask it, and with a key. */
  readonly configured: boolean;
  readonly keyed: boolean;
}

/** What shapes the results of a run beside the project itself: decided when the run opens, the same for every worker. */
export interface RunSettings {
  readonly models: { readonly text: ModelSetting; readonly image: ModelSetting; readonly video: ModelSetting };
  /** `WIDTHxHEIGHT`, in pixels. */
  readonly frameSize: string;
  readonly maxTextBytes: number;
}
