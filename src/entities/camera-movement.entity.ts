import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { CAMERA_MOVEMENTS, CAMERA_SPEEDS, type CameraMove, type CameraSpeed, type ProjectId } from '../protocol';
import { bigintNumber } from './bigint-number';
import { oneOf } from './one-of';
import { Project } from './project.entity';
import { Scene } from './scene.entity';

/** How the camera moves in a scene: the move that was read from the model's answer, and the answer itself. */
@Entity('camera_movements')
@Unique('camera_movements_scene_key', ['sceneId'])
@Index('camera_movements_project_idx', ['projectId'])
@Check('camera_movements_movement_check', oneOf('movement', CAMERA_MOVEMENTS))
@Check('camera_movements_speed_check', oneOf('speed', CAMERA_SPEEDS))
export class CameraMovement {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column('uuid', { name: 'project_id' })
  @ForeignKey(() => Project, { name: 'camera_movements_project_fkey', onDelete: 'CASCADE' })
  projectId: ProjectId;

  @Column('uuid', { name: 'scene_id' })
  @ForeignKey(() => Scene, { name: 'camera_movements_scene_fkey', onDelete: 'CASCADE' })
  sceneId: string;

  @Column('text')
  movement: CameraMove;

  @Column('text')
  speed: CameraSpeed;

  @Column('text', { nullable: true })
  reason: string | null;

  /** The model's answer, byte for byte as it was streamed. */
  @Column('text')
  text: string;

  /** SHA-256 of the text's UTF-8, in hex. */
  @Column('text')
  sha256: string;

  @Column('int', { name: 'text_bytes' })
  textBytes: number;

  @Column('text', { name: 'input_hash' })
  inputHash: string;

  @Column('bigint', { transformer: bigintNumber })
  fence: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
