import { stopShared } from './global-setup';

export default stopShared;
