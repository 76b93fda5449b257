/** Bounds on what a schema may ask for. Each is told by name when it is passed. */
export const GRAMMAR_LIMITS = {
  /** The schema as JSON text, UTF-8. */
  schemaBytes: 65_536,
  /** Nesting of the schema itself. */
  schemaDepth: 32,
  /** Schemas within the schema, after references and combinations are written out. */
  subschemas: 2_000,
  /** Alternatives that combining anyOf, oneOf and allOf may give in one place. */
  alternatives: 128,
  /** Length of one pattern, characters. */
  patternCharacters: 512,
  /** States of the automata of one string, counting included. */
  stringStates: 4_000,
  /** Values of one enum. */
  enumValues: 1_000,
  /** Largest minLength, maxLength, minItems, maxItems, minProperties, maxProperties. */
  largestCount: 4_096,
  /** Arrays and objects within each other in an answer. */
  answerDepth: 32,
  /** Parses of the answer so far that are followed together, where anyOf leaves it open which one it is. */
  parses: 64,
  /** Bytes of the shortest answer. */
  shortestBytes: 65_536,
} as const;
