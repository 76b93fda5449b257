/** What stands in an XML document; texts are escaped when it is written. */
export interface XmlElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly children?: readonly (XmlElement | string)[];
}

/** A document of XML 1.0 in UTF-8. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${written(root, '')}\n`;
}

function written({ name, attributes = {}, children = [] }: XmlElement, indent: string): string {
  const head = `${indent}<${name}${Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value)).replaceAll(/[\t\n\r]/g, (blank) => `&#${blank.charCodeAt(0)};`)}"`).join('')}`;
  if (children.length === 0) return `${head}/>`;
  // A text is kept as it is: blanks around it would be part of it.
  if (children.every((child) => typeof child === 'string')) return `${head}>${children.map(escaped).join('')}</${name}>`;
  return `${head}>\n${children.map((child) => (typeof child === 'string' ? escaped(child) : written(child, `${indent}  `))).join('\n')}\n${indent}</${name}>`;
}

/** Characters that XML 1.0 does not take at all (section 2.2), not even escaped, and halves of pairs. */
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escaped(text: string): string {
  return text.replaceAll(NOT_XML, '\u{FFFD}').replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
