import { BadAddress, readAddress } from './address';

/** Where MEDIA_URL leads: `s3://bucket/prefix?region=…&endpoint=…`. */
export interface BucketAddress {
  readonly bucket: string;
  /** With a slash at its end, or empty. */
  readonly prefix: string;
  readonly region?: string;
  /** The address of a server other than AWS' own; its buckets are parts of the path. */
  readonly endpoint?: string;
}

/** Throws `BadAddress`. Credentials are no part of it: they come from where all tools of AWS look for them. */
export function bucketAddress(url: string): BucketAddress {
  const { scheme, hosts, path, query, username, password } = readAddress(url);
  const [host] = hosts;
  if (scheme !== 's3' || !host || hosts.length > 1 || host.port !== undefined) throw new BadAddress('with one bucket');
  if (username !== undefined || password !== undefined) {
    throw new BadAddress('without credentials, which are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  const unknown = [...query.keys()].filter((name) => name !== 'region' && name !== 'endpoint');
  if (unknown.length > 0) throw new BadAddress('with region and endpoint as its only parameters');
  const [region, endpoint] = [query.get('region'), query.get('endpoint')];
  if (endpoint !== null && !['http', 'https'].includes(readAddress(endpoint).scheme)) {
    throw new BadAddress('with an endpoint that begins with https://');
  }
  const prefix = decodeURIComponent(path).replace(/^\/+|\/+$/g, '');
  // Servers and what lies before them take such paths for other ones, or for forged ones.
  if (`/${prefix}/`.includes('/./') || `/${prefix}/`.includes('/../') || prefix.includes('//')) {
    throw new BadAddress('with a prefix without //, . and .. as parts');
  }
  return {
    bucket: host.host,
    prefix: prefix && `${prefix}/`,
    ...(region !== null && { region }),
    ...(endpoint !== null && { endpoint }),
  };
}
