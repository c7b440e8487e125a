import { Column, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { StagePlan } from '../protocol';
import type { RunSettings } from './run-settings';

/** What a worker can make, and by which adapters. */
export interface Served {
  readonly stages: readonly StagePlan[];
  readonly adapters: readonly string[];
}

/** The settings of the worker that started last on a task queue, for processes that must know them and have no such worker's. */
@Entity('worker_settings')
export class WorkerSettings {
  @PrimaryColumn('text', { name: 'task_queue' })
  taskQueue: string;

  @Column('jsonb')
  settings: RunSettings;

  /** Null if that worker is of an earlier release. */
  @Column('jsonb', { nullable: true })
  serves: Served | null;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
