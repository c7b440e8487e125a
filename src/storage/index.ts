export { FolderStore } from './folder-store';
export { mediaKey, type FoundMedia, type MediaDraft, type MediaStore, type StoredMedia } from './media-store';
