/** Span attributes of our own, for what the conventions have no word for. Never token ids or experts: those are as sensitive as the prompt. */
export const MOE_RELEASE_ID = 'moe.release.id';
export const MOE_LAYERS = 'moe.layers';
export const MOE_EXPERTS = 'moe.experts';
export const MOE_TOP_K = 'moe.top_k';
/** Tokens routed in one request, counted once for all layers. */
export const MOE_ROUTED_ROWS = 'moe.routed_rows';
export const MOE_QUEUE_WAIT_SECONDS = 'moe.queue_wait_seconds';
export const MOE_BATCH_ID = 'moe.capture.batch_id';
export const MOE_BATCH_TRACES = 'moe.capture.traces';
