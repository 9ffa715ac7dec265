/* The names that the whole deployment shares. */

/** The namespace of everything but the log collection. */
export const namespace = 'autonomous-op';

/** The namespace of the log collection, which mounts the nodes' log folders and so can't be `restricted`. */
export const logNamespace = 'autonomous-op-logging';
