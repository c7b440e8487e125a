/** The findings about one service. */
export interface Finding {
  readonly service: string;
  readonly ok: boolean;
  /** The address of the service, without its password. */
  readonly address?: string;
  readonly version?: string;
  readonly detail?: string;
  /** What a person should do; also given if the service works but could be better. */
  readonly advice?: string;
}
