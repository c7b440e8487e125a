export { FolderStore } from './folder-store';
export { mediaKey, type FoundMedia, type MediaStore, type StoredMedia } from './media-store';
