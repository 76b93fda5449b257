import { All, Controller, NotFoundException, UseFilters } from '@nestjs/common';
import { ProblemFilter } from './problem-filter.ts';

/** Answers what no operation answers, so that errors under /api/v1 are always problems. */
@Controller()
@UseFilters(ProblemFilter)
export class NotFoundController {
  @All(['api/v1', 'api/v1/*path'])
  notFound(): never {
    throw new NotFoundException();
  }
}
