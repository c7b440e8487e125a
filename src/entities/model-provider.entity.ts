import { Check, Column, CreateDateColumn, Entity, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { oneOf } from './one-of';
import { pricesColumn } from './prices';
import { recordColumn } from './stored-error';

const PROVIDER_KINDS = ['text', 'image', 'video'] as const;
const CONTINUATIONS = ['none', 'prefill'] as const;

/** In the operator's currency; what a provider does not charge for is left out. */
export interface ProviderPrices {
  readonly inputPerMillion?: number;
  readonly outputPerMillion?: number;
  readonly perImage?: number;
  /** For a clip: the price of each ordered second, and of each clip. */
  readonly perSecond?: number;
  readonly perVideo?: number;
}

/** A model that can be asked, and how: lower priority first, then by weight. */
@Entity('model_providers')
@Unique('model_providers_name_key', ['name'])
@Check('model_providers_kind_check', oneOf('kind', PROVIDER_KINDS))
@Check('model_providers_continuation_check', oneOf('continuation', CONTINUATIONS))
export class ModelProvider {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('text')
  kind: (typeof PROVIDER_KINDS)[number];

  @Column('text', { default: 'openai' })
  adapter: string;

  @Column('text', { name: 'base_url' })
  baseUrl: string;

  @Column('text')
  model: string;

  /** The name of the environment variable or file that holds the key; never the key. */
  @Column('text', { name: 'api_key_from', nullable: true })
  apiKeyFrom: string | null;

  @Column('int', { default: 1 })
  weight: number;

  @Column('int', { default: 100 })
  priority: number;

  @Column('jsonb', { nullable: true, transformer: pricesColumn })
  prices: ProviderPrices | null;

  /** How the provider continues a text that was cut off. */
  @Column('text', { default: 'none' })
  continuation: (typeof CONTINUATIONS)[number];

  /** The server understands `response_format: json_schema`. */
  @Column('boolean', { name: 'json_schema', default: true })
  jsonSchema: boolean;

  /** The provider honours an `Idempotency-Key`: for a repeated key, it neither makes nor charges anything again. */
  @Column('boolean', { name: 'idempotency_key', default: false })
  idempotencyKey: boolean;

  @Column('jsonb', { default: {}, transformer: recordColumn })
  settings: Record<string, unknown>;

  @Column('boolean', { default: true })
  enabled: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
