import { Report, reportOf } from '../../src/diff/report';

/** What is reported of two manifests, each a text of YAML documents. */
export function reported(before: string, after: string): Report {
  return reportOf(
    { title: 'before', files: [{ name: 'all.yaml', yaml: before }] },
    { title: 'after', files: [{ name: 'all.yaml', yaml: after }] },
  );
}

/** The effects of an edit of a manifest, a line each. */
export function effectsOf(before: string, after: string): string[] {
  return reported(before, after).effects.map(({ kind, subject, text }) => `${kind}: ${subject}: ${text}`);
}

/** The effects of replacing a text in a manifest. */
export function effectsOfEdit(manifest: string, text: string, replacement: string): string[] {
  return effectsOf(manifest, replaced(manifest, text, replacement));
}

/** A manifest with another text in the place of one that must be there. */
export function replaced(manifest: string, text: string, replacement: string): string {
  if (!manifest.includes(text)) throw new Error(`there is no "${text}"`);
  return manifest.replace(text, () => replacement);
}
