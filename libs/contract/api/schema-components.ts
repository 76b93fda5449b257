import { z } from 'zod';

export type Json = Record<string, unknown>;

/** Collects named schemas: zod makes a schema with an id a reference, and we keep what it refers to. */
export class SchemaComponents {
  readonly schemas: Record<string, Json> = {};

  /**
   * JSON Schema of what goes in or comes out, its named parts moved to `schemas`.
   * @throws Error when two different schemas claim one name
   */
  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const text = JSON.stringify(
      z.toJSONSchema(schema, {
        target: 'draft-2020-12',
        io,
        override: ({ jsonSchema }) => {
          // Answers may grow fields; a client must not take today's list as closed.
          if (io === 'output') delete jsonSchema.additionalProperties;
        },
      }),
    ).replaceAll('#/$defs/', '#/components/schemas/');
    const { $schema: _schema, $defs = {}, ...json } = JSON.parse(text) as Json & { $defs?: Record<string, Json> };
    for (const [name, definition] of Object.entries($defs)) this.#define(name, definition);
    return json;
  }

  #define(id: string, json: Json): void {
    const known = this.schemas[id];
    if (known && JSON.stringify(known) !== JSON.stringify(json)) {
      throw new Error(`two different schemas are called ${id}: give one of them another .meta({ id })`);
    }
    this.schemas[id] = json;
  }
}
