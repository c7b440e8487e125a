export { FolderStore } from './folder-store';
export { mediaKey, type MediaStore, type StoredMedia } from './media-store';
