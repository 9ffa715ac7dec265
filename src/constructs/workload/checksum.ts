/* A process reads its configuration once: an annotation with the checksum of it makes another text another pod. */

import { createHash } from 'node:crypto';

/** The SHA-256 of a configuration, in hexadecimal. */
export function checksum(configuration: string): string {
  return createHash('sha256').update(configuration).digest('hex');
}
