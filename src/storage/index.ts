export { mediaKey } from '../protocol';
export { FolderStore } from './folder-store';
export type { FoundMedia, MediaDraft, MediaStore, StoredMedia } from './media-store';
export { openMediaStore, placeOfMedia } from './open-store';
