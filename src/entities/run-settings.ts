/** A model as a run has chosen it. Each worker has its own address and key for it. */
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

/**
 * The settings that shape the results of a run, beside the project itself: fixed when the run opens, the same for every
 * worker.
 */
export interface RunSettings {
  readonly models: { readonly text: ModelSetting; readonly image: ModelSetting; readonly video: ModelSetting };
  /** `WIDTHxHEIGHT`, in pixels. */
  readonly frameSize: string;
  readonly maxTextBytes: number;
}
