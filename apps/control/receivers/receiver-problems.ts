import { ProblemError } from '#libs/platform/errors/problem-error';

export const receiverNotFound = (): ProblemError => new ProblemError({ status: 404, code: 'receiver_not_found', title: 'No such receiver', detail: 'GET /api/v1/receivers lists them.', field: 'receiverId' });
export const notificationNotFound = (): ProblemError => new ProblemError({ status: 404, code: 'notification_not_found', title: 'No such notification', detail: 'GET /api/v1/notifications lists those that are kept.', field: 'notificationId' });

export function generationChanged(generation: number): ProblemError {
  return new ProblemError({ status: 412, code: 'generation_changed', title: 'Someone else changed it', detail: `Header If-Match: the generation is now "${generation}". Read the receiver again and decide anew.`, field: 'if-match' });
}

export function nameTaken(name: string): ProblemError {
  return new ProblemError({ status: 409, code: 'name_taken', title: 'The name is taken', detail: `Body field name: there is a receiver ${name} already.`, field: 'name' });
}

export function conflict(code: string, title: string, detail: string): ProblemError {
  return new ProblemError({ status: 409, code, title, detail });
}

export const secretsUnreadable = (): ProblemError =>
  conflict('secrets_unreadable', 'Its secrets cannot be read', 'They do not open with the keys that are here. Give the key that sealed them in SIGNALBOX_SECRET_KEYS_OLDER; or give the secret anew by PUT, for a webhook by POST .../rotate-secret.');
