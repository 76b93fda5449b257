import { type BeforeApplicationShutdown, type DynamicModule, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { StoreModule } from '#libs/store/store.module';
import { alertProviders, alertTasks } from './alert/alert-parts.ts';
import { deliverProviders, deliverTasks } from './deliver/deliver-parts.ts';
import { followProviders, followTasks } from './follow/follow-parts.ts';
import { measureProviders, measureTasks } from './measure/measure-parts.ts';
import { remindProviders, remindTasks } from './remind/remind-parts.ts';
import { WATCH_OPTIONS, type WatchOptions } from './watch-options.ts';
import { type WatchTask } from './watch-task.ts';

const WATCH_TASKS = Symbol('WatchTasks');
const TASKS = [...followTasks, ...measureTasks, ...remindTasks, ...alertTasks, ...deliverTasks];

/** The watch: follows what is recorded, keeps alerts, tells receivers. */
@Module({})
export class WatchModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(WATCH_TASKS) private readonly tasks: readonly WatchTask[]) {}

  static forRoot(options: WatchOptions): DynamicModule {
    return {
      module: WatchModule,
      imports: [StoreModule.forRoot({ url: options.databaseUrl, applicationName: 'signalbox-watch' })],
      providers: [
        { provide: WATCH_OPTIONS, useValue: options },
        ...followProviders,
        ...measureProviders,
        ...remindProviders,
        ...alertProviders,
        ...deliverProviders,
        { provide: WATCH_TASKS, inject: TASKS, useFactory: (...tasks: WatchTask[]) => tasks },
      ],
    };
  }

  onApplicationBootstrap(): void {
    for (const task of this.tasks) task.start();
  }

  /** Before the store closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }
}
