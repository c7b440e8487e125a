import { Column, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { RunSettings } from './run-settings';

/** The settings of the worker that started last on a task queue, for processes that must know them and have no such worker's. */
@Entity('worker_settings')
export class WorkerSettings {
  @PrimaryColumn('text', { name: 'task_queue' })
  taskQueue: string;

  @Column('jsonb')
  settings: RunSettings;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
