/** The lines of one metric in Prometheus' text format. */
interface Family {
  /** # HELP, # TYPE and other remarks. */
  readonly remarks: string[];
  readonly samples: string[];
}

/**
 * Puts the metrics of another process behind our own: a metric of both keeps its one # TYPE, and each
 * series of the other carries a label, so that none is there twice. Both texts are in the format of
 * `renderMetrics`, in which the lines of a metric stand together.
 * @param label set on every series of `other`; no metric may use its name
 */
export function mergeExpositions(own: string, other: string, label: { readonly name: string; readonly value: string }): string {
  const families = familiesOf(own);
  for (const [name, { remarks, samples }] of familiesOf(other)) {
    const marked = samples.map((sample) => withLabel(sample, `${label.name}=${JSON.stringify(label.value)}`));
    const same = families.get(name);
    if (same) same.samples.push(...marked);
    else families.set(name, { remarks, samples: marked });
  }
  return [...families.values()].flatMap(({ remarks, samples }) => [...remarks, ...samples, '']).join('\n');
}

function familiesOf(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: Family | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const named = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
    if (named === undefined) {
      // A comment that belongs to no metric, such as the serializer's when there is none.
      if (line.startsWith('#')) continue;
      current ??= familyOf(families, line.split(/[{ ]/, 1)[0] ?? line);
      current.samples.push(line);
    } else {
      current = familyOf(families, named);
      current.remarks.push(line);
    }
  }
  return families;
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const family = families.get(name) ?? { remarks: [], samples: [] };
  families.set(name, family);
  return family;
}

/** A sample is `name{labels} value` or `name value`; a name holds neither brace nor space. */
function withLabel(sample: string, label: string): string {
  const at = sample.search(/[{ ]/);
  const name = sample.slice(0, at);
  return sample[at] === '{' ? `${name}{${label},${sample.slice(at + 1)}` : `${name}{${label}}${sample.slice(at)}`;
}
