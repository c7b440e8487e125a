import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Dice } from '../dice';
import type { Palette } from './palette';
import type { PictureBrief } from './picture-brief';

/** The tools with which every part of a picture is drawn. */
export interface Sheet {
  ink: SKRSContext2D;
  width: number;
  height: number;
  /** The line between the sky and the ground, from the top. */
  horizon: number;
  brief: PictureBrief;
  palette: Palette;
  dice: Dice;
}

/** Fills everything below a line through the points; the line is rounded between them. */
export function fillBelow({ ink, width, height }: Sheet, points: [x: number, y: number][], colour: string): void {
  ink.fillStyle = colour;
  ink.beginPath();
  ink.moveTo(-10, height + 10);
  ink.lineTo(-10, points[0]?.[1] ?? height);
  points.forEach(([x, y], index) => {
    const [nextX, nextY] = points[index + 1] ?? [width + 10, y];
    ink.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  });
  ink.lineTo(width + 10, points.at(-1)?.[1] ?? height);
  ink.lineTo(width + 10, height + 10);
  ink.fill();
}

/** A line of hills: sums of three waves, so that it is never quite regular. */
export function hills(sheet: Sheet, base: number, rise: number, steps = 48): [x: number, y: number][] {
  const { width, dice } = sheet;
  const waves = [1, 2.3, 5.1].map((rate) => ({ rate: rate * dice.between(0.7, 1.3), phase: dice.between(0, 6.3) }));
  return Array.from({ length: steps + 1 }, (_, step) => {
    const along = step / steps;
    const lift = waves.reduce(
      (sum, { rate, phase }, index) => sum + Math.sin(along * 6.3 * rate + phase) / (index + 1),
      0,
    );
    return [along * width, base - ((lift + 1.8) / 3.6) * rise];
  });
}

export function disc(ink: SKRSContext2D, x: number, y: number, radius: number, colour: string): void {
  ink.fillStyle = colour;
  ink.beginPath();
  ink.arc(x, y, radius, 0, Math.PI * 2);
  ink.fill();
}

export function shape(ink: SKRSContext2D, points: [x: number, y: number][], colour: string): void {
  ink.fillStyle = colour;
  ink.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? ink.moveTo(x, y) : ink.lineTo(x, y)));
  ink.closePath();
  ink.fill();
}
