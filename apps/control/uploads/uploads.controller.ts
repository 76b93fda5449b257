import { Controller, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { bytesOf } from './upload-bodies.ts';
import { UploadDesk } from './upload-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class UploadsController {
  constructor(private readonly desk: UploadDesk) {}

  @Endpoint(ROUTES.createUpload)
  async create(@Input() { body }: In<'createUpload'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createUpload'> {
    const upload = await this.desk.create(body, caller);
    if (upload.uploadId === null) void reply.status(200);
    return upload;
  }

  @Endpoint(ROUTES.putUploadBytes)
  append(@Input() { params, query }: In<'putUploadBytes'>, @Caller() caller: Principal, @Req() request: FastifyRequest): Out<'putUploadBytes'> {
    return this.desk.append(params.uploadId, query.offset, bytesOf(request.body), caller);
  }

  @Endpoint(ROUTES.listUploads)
  list(@Input() { query }: In<'listUploads'>): Out<'listUploads'> {
    return this.desk.list(query);
  }

  @Endpoint(ROUTES.getUpload)
  get(@Input() { params }: In<'getUpload'>): Out<'getUpload'> {
    return this.desk.get(params.uploadId);
  }

  @Endpoint(ROUTES.cancelUpload)
  async cancel(@Input() { params }: In<'cancelUpload'>, @Caller() caller: Principal): Promise<void> {
    await this.desk.cancel(params.uploadId, caller);
  }
}
