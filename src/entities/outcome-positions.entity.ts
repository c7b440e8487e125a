import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintNumber } from './bigint-number';

/** How far the positions of the outcomes have come. It is one row, and the lock of whoever gives positions. */
@Entity('outcome_positions')
export class OutcomePositions {
  @PrimaryColumn('text')
  name: string;

  /** The newest position. */
  @Column('bigint', { default: 0, transformer: bigintNumber })
  last: number;

  /** No outcome is left at or before it that was removed by age. */
  @Column('bigint', { default: 0, transformer: bigintNumber })
  removed: number;
}
