import { ApiError } from '../http/api-error';

/** In pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Reads `1280x720`; `auto` and nothing are that too. */
export function sizeOf(text: string | undefined): Size {
  if (text === undefined || text === 'auto') return { width: 1280, height: 720 };
  const [width = 0, height = 0] = /^\d{2,4}x\d{2,4}$/.test(text) ? text.split('x').map(Number) : [];
  if (width < 16 || height < 16 || width > 4096 || height > 4096) {
    throw new ApiError(400, `Invalid size '${text}': it is WIDTHxHEIGHT, each from 16 to 4096.`, 'invalid_value');
  }
  return { width, height };
}
