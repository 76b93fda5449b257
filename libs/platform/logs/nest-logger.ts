import { type LoggerService } from '@nestjs/common';
import { type Logger } from './logger.ts';

/** Nest's own start-up messages, which say nothing to an operator. */
const CHATTY_CONTEXTS = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);

/** Passes Nest's messages to our logger. Nest gives the context as the last parameter, and for errors the stack before it. */
export function nestLogger(logger: Logger): LoggerService {
  const write = (level: 'info' | 'warn' | 'error' | 'fatal' | 'debug' | 'trace') => (message: unknown, ...parameters: unknown[]) => {
    const context = parameters.at(-1);
    const isChatty = typeof context === 'string' && CHATTY_CONTEXTS.has(context) && level === 'info';
    const cause = message instanceof Error ? { err: message } : level === 'error' && parameters.length > 1 ? { stack: parameters[0] } : {};
    const text = message instanceof Error ? message.message : typeof message === 'string' ? message : JSON.stringify(message);
    logger[isChatty ? 'debug' : level]({ ...cause, ...(typeof context === 'string' ? { context } : {}) }, text);
  };
  return {
    log: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    debug: write('debug'),
    verbose: write('trace'),
  };
}
