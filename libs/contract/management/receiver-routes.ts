import { generationHeaders } from './changes.ts';
import {
  notificationParams, notificationSchema, notificationsQuery, notificationsSchema, receiverBody, receiverChangeBody, receiverParams, receiverSchema, receiversQuery, receiversSchema, receiverWithSecretSchema, replayAllBody, replayBody,
  replayedSchema, rotateBody, testSchema,
} from './receivers.ts';
import { type Route } from './route.ts';

const params = { receiverId: '0197280f-6000-7000-8000-000000000001' };
const notification = { notificationId: '0197280f-6000-7000-8000-000000000001' };
const shared = { tag: 'receivers', tenancy: 'none' } as const;
const MISSING = { 404: 'No such receiver.' };
const CHANGED = { ...MISSING, 412: 'Someone else changed it since.', 428: 'If-Match is missing.' };
const MAIL = { name: 'on-call', target: { kind: 'email', host: 'mail.example.com', from: 'signalbox@example.com', to: ['on-call@example.com'] } };

/** Where notifications go. They may name tenants, so a caller bound to one sees none of this. */
export const receiverRoutes = {
  createReceiver: {
    ...shared, operationId: 'createReceiver', method: 'post', path: '/receivers', needs: 'operate', summary: 'Add a receiver',
    description: 'Adds it only: the notification policy says what it is told of. The secret that signs webhooks is generated and shown once.',
    body: receiverBody, status: 201, response: receiverWithSecretSchema, showsSecret: true, problems: { 409: 'The name is taken, or there are too many receivers.' }, example: { body: MAIL },
  },
  listReceivers: { ...shared, operationId: 'listReceivers', method: 'get', path: '/receivers', needs: 'read', summary: 'Receivers, by name', query: receiversQuery, status: 200, response: receiversSchema },
  getReceiver: { ...shared, operationId: 'getReceiver', method: 'get', path: '/receivers/{receiverId}', needs: 'read', summary: 'One receiver, without its secrets', params: receiverParams, status: 200, response: receiverSchema, problems: MISSING, example: { params } },
  putReceiver: {
    ...shared, operationId: 'putReceiver', method: 'put', path: '/receivers/{receiverId}', needs: 'operate', summary: 'Change a receiver', description: 'Its kind stays. Secrets that are left out stay; those for another host, address or user must be given again.',
    params: receiverParams, headers: generationHeaders, body: receiverChangeBody, status: 200, response: receiverSchema, problems: { ...CHANGED, 409: 'The name is taken, or its secrets do not open and none are given anew.' }, example: { params, headers: { 'if-match': '"1"' }, body: MAIL },
  },
  deleteReceiver: {
    ...shared, operationId: 'deleteReceiver', method: 'delete', path: '/receivers/{receiverId}', needs: 'operate', summary: 'Remove a receiver and its notifications', params: receiverParams, headers: generationHeaders, status: 200, response: receiverSchema,
    problems: { ...CHANGED, 409: 'The notification policy names it.' }, example: { params, headers: { 'if-match': '"1"' } },
  },
  testReceiver: {
    ...shared, operationId: 'testReceiver', method: 'post', path: '/receivers/{receiverId}/test', needs: 'operate', summary: 'Send a test notification now', description: 'Once, whatever waits; answers with what became of it.',
    params: receiverParams, status: 200, response: testSchema, problems: { ...MISSING, 409: 'Its secrets do not open.' }, example: { params },
  },
  rotateReceiverSecret: {
    ...shared, operationId: 'rotateReceiverSecret', method: 'post', path: '/receivers/{receiverId}/rotate-secret', needs: 'operate', summary: 'Have webhooks signed by a new secret', description: 'Both secrets sign until the overlap ends. The new one is shown once.',
    params: receiverParams, body: rotateBody, status: 200, response: receiverWithSecretSchema, showsSecret: true, problems: { ...MISSING, 409: 'We do not sign for receivers of its kind.' }, example: { params, body: { overlapSeconds: 3600 } },
  },
  enableReceiver: { ...shared, operationId: 'enableReceiver', method: 'post', path: '/receivers/{receiverId}/enable', needs: 'operate', summary: 'Switch a receiver on again', description: 'Its dead letters stay until they are replayed.', params: receiverParams, status: 200, response: receiverSchema, problems: MISSING, example: { params } },
  replayReceiver: {
    ...shared, operationId: 'replayReceiver', method: 'post', path: '/receivers/{receiverId}/replay', needs: 'operate', summary: 'Deliver dead letters again', params: receiverParams, body: replayAllBody, status: 200, response: replayedSchema,
    problems: { ...MISSING, 409: 'The receiver is off.' }, example: { params, body: { since: '2026-01-31T12:00:00Z' } },
  },
  listNotifications: { ...shared, operationId: 'listNotifications', method: 'get', path: '/notifications', needs: 'read', summary: 'Notifications, newest first', query: notificationsQuery, status: 200, response: notificationsSchema, example: { query: { state: 'dead' } } },
  getNotification: { ...shared, operationId: 'getNotification', method: 'get', path: '/notifications/{notificationId}', needs: 'read', summary: 'One notification and every attempt to deliver it', params: notificationParams, status: 200, response: notificationSchema, problems: { 404: 'No such notification.' }, example: { params: notification } },
  replayNotification: {
    ...shared, operationId: 'replayNotification', method: 'post', path: '/notifications/{notificationId}/replay', needs: 'operate', summary: 'Deliver a dead letter again', params: notificationParams, body: replayBody, status: 200, response: notificationSchema,
    problems: { 404: 'No such notification.', 409: 'It is no dead letter, its receiver is off, or its group has told more since.' }, example: { params: notification, body: {} },
  },
} as const satisfies Record<string, Route>;
