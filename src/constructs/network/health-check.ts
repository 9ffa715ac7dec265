/* How something outside a pod asks whether its server is well. */

/** The ports of a service: of the application, and of what watches it. */
export type ServerPort = 'http' | 'management';

/** A path that answers with 200, or does not, on one of the ports. */
export interface HealthCheck {
  /** The port. */
  readonly port: ServerPort;
  /** The path. */
  readonly path: string;
}
