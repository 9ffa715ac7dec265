/* Environment variables, from texts and from keys of Secrets. */

import { k8s } from 'cdk8s-plus-27';
import { SecretKey } from '../../core/secrets';

/** A variable that is a text, or a key of a Secret. */
export function envVar(name: string, value: string | SecretKey): k8s.EnvVar {
  return typeof value === 'string' ? { name, value } : { name, valueFrom: { secretKeyRef: secretKeyRef(value) } };
}

/** Variables by their names. */
export function envVars(values: Readonly<Record<string, string | SecretKey>>): k8s.EnvVar[] {
  return Object.entries(values).map(([name, value]) => envVar(name, value));
}

/** A key of a Secret, as Kubernetes and most operators write it. */
export function secretKeyRef({ secret, key }: SecretKey): { name: string; key: string } {
  return { name: secret, key };
}
