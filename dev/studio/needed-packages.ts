import { needPackages } from '../../src/needed-packages';

/** The studio draws its pictures with it. */
export const STUDIO_PACKAGES: Readonly<Record<string, string>> = { '@napi-rs/canvas': '1.1.1' };

needPackages('storyreel/testing', STUDIO_PACKAGES);
